import { diskError } from '@droplens/runtime';
import { fits, letterBytes, reasonWord } from '../dead-letters.ts';
import type { DeadFilter, DeadLetter, DeadLetters, DeadList, Replay } from '../dead-letters.ts';
import { failpoint } from '../failpoint.ts';
import { appendOf, chosen, whyRowStays } from '../replay.ts';
import type { TransportWriter } from '../transport.ts';
import { deadFiles, keepRows } from './dead-rows.ts';

/** The rows that a spool's loader put aside. They are replayed into this writer's lane, file by file: rows of one position are in one file. */
export class SpoolDeadLetters implements DeadLetters {
  readonly #directory: string;
  readonly #writer: TransportWriter;

  constructor(directory: string, writer: TransportWriter) {
    this.#directory = directory;
    this.#writer = writer;
  }

  async list(filter: DeadFilter, most: number): Promise<DeadList> {
    const reasons = new Map<string, number>();
    const letters: DeadLetter[] = [];
    let bytes = 0;
    for await (const { rows } of deadFiles(this.#directory)) {
      for (const { letter } of rows) {
        if (!fits(filter, letter)) continue;
        const word = reasonWord(letter.reason);
        reasons.set(word, (reasons.get(word) ?? 0) + 1);
        letters.push(letter);
        bytes += letter.bytes.length;
      }
      let first = 0;
      for (; letters.length - first > most || bytes > letterBytes; first++) bytes -= letters[first]?.bytes.length ?? 0;
      letters.splice(0, first);
    }
    return { letters, reasons };
  }

  async replay(filter: DeadFilter, { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<Replay> {
    if (!dryRun) await this.#writer.open();
    const unknown = new Set(filter.ids);
    const kept: { id: string; why: string }[] = [];
    let count = 0;
    for await (const { path, rows } of deadFiles(this.#directory)) {
      const wanted = chosen(
        rows.map(({ letter }) => letter),
        filter,
      );
      for (const { id } of wanted) unknown.delete(id);
      const sent = new Set<DeadLetter>();
      for (const letter of wanted) {
        const why = whyRowStays(letter);
        if (why === null) sent.add(letter);
        else kept.push({ id: letter.id, why });
      }
      count += sent.size;
      if (dryRun || sent.size === 0) continue;
      await this.#writer.append(appendOf([...sent]));
      failpoint('afterReplay');
      await keepRows(
        path,
        rows.filter(({ letter }) => !sent.has(letter)),
      ).catch((error: unknown) => {
        throw diskError(error, 'write', path, 'DL_TRANSPORT_UNAVAILABLE');
      });
    }
    return { rows: count, messages: 0, kept, unknown: [...unknown] };
  }
}
