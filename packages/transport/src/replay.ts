import { createHash } from 'node:crypto';
import { isUInt64 } from './block-contract.ts';
import type { DeadFilter, DeadLetter } from './dead-letters.ts';
import { fits } from './dead-letters.ts';
import type { Append, RowBlock } from './transport.ts';

/**
 * The epoch that rows of `epoch` are replayed under. The ledger counts their positions as complete, so under their own they would be cut; under this one
 * they are stored, and cut when they come once more. What dies again is replayed under the epoch of that epoch.
 */
export function replayEpoch(epoch: string): string {
  return createHash('sha256').update(`replay ${epoch}`).digest().readBigUInt64BE().toString();
}

/** What must be replayed together: the rows of one position are one range. */
export function replayUnit({ id, stream, epoch, position }: Pick<DeadLetter, 'id' | 'stream' | 'epoch' | 'position'>): string {
  return position === null ? id : `${stream} ${epoch} ${position}`;
}

/** Those that fit, with all that must be replayed together with them, in their order. */
export function chosen<Letter extends Pick<DeadLetter, 'id' | 'reason' | 'origin' | 'time' | 'stream' | 'epoch' | 'position'>>(
  letters: readonly Letter[],
  filter: DeadFilter,
): Letter[] {
  const units = new Set(letters.filter((letter) => fits(filter, letter)).map(replayUnit));
  return letters.filter((letter) => units.has(replayUnit(letter)));
}

/** Why a row cannot be sent again; null when it can. */
export function whyRowStays({ stream, epoch, position, bytes }: DeadLetter): string | null {
  if (position === null) return 'no position can be read from it';
  if (stream === null || epoch === null || !isUInt64(stream) || !isUInt64(epoch)) return 'its stream and epoch are no numbers';
  const begin = Buffer.from(`${position}\t`);
  const whole = Number.isSafeInteger(position) && position >= 0 && begin.equals(bytes.subarray(0, begin.length));
  return whole && !bytes.includes(10) ? null : 'it does not begin with its position, or is no single row';
}

/** Rows that can be sent again as an append: one block for each position. */
export function appendOf(rows: readonly DeadLetter[]): Append {
  const units = new Map<string, DeadLetter[]>();
  for (const row of rows) {
    const unit = units.get(replayUnit(row));
    if (unit === undefined) units.set(replayUnit(row), [row]);
    else unit.push(row);
  }
  return { blocks: [...units.values()].map(blockOf), undercounts: [], statuses: [], hosts: [] };
}

function blockOf(rows: readonly DeadLetter[]): RowBlock {
  const { stream, epoch, position } = rows[0] as DeadLetter & { stream: string; epoch: string; position: number };
  const text = Buffer.concat(rows.flatMap(({ bytes }) => [bytes, newline]));
  return { stream, epoch: replayEpoch(epoch), first: position, last: position, rows: rows.length, text };
}

const newline = Buffer.from('\n');
