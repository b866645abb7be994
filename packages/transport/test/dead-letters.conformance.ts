import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeadRow, RowBlock } from '../src/index.ts';
import { replayEpoch } from '../src/replay.ts';
import { collect, rowsOf, type TransportHarness } from './transport.conformance.ts';

/** What every driver must do with what cannot be loaded. */
export function deadLettersConformance(driver: string, create: () => Promise<TransportHarness>): void {
  describe(`dead letters: ${driver}`, () => {
    let transport: TransportHarness;
    beforeEach(async () => {
      transport = await create();
    });
    afterEach(() => transport.close());

    let appended = 0;
    /** Puts rows aside as a loader does: while it works on a batch. */
    const bury = async (...rows: DeadRow[]): Promise<void> => {
      appended += 1;
      const writer = transport.writer();
      await writer.append(rowsOf('9', appended, appended));
      await writer.close();
      await deliver(1, rows);
    };
    /** Takes what waits; all of it is said to be loaded, but `dead` is put aside. */
    const deliver = async (rows: number, dead: readonly DeadRow[] = []): Promise<RowBlock[]> => {
      const blocks: RowBlock[] = [];
      const stop = new AbortController();
      let count = 0;
      await transport.reader().run(async (delivery) => {
        await delivery.bury(dead);
        for (const block of delivery.blocks) blocks.push({ ...block, text: Buffer.from(block.text) });
        count += delivery.blocks.reduce((sum, block) => sum + block.rows, 0);
        if (count >= rows) stop.abort();
      }, stop.signal);
      return blocks;
    };
    const row = (position: number | null, text = `${position}\tx`, reason = 'number'): DeadRow => {
      return { stream: '1', epoch: '10', position, reason, row: Buffer.from(text, 'latin1') };
    };
    const block = (position: number, text: string, epoch = '10'): RowBlock => {
      const rows = text.split('\n').length - 1;
      return { stream: '1', epoch: replayEpoch(epoch), first: position, last: position, rows, text: Buffer.from(text, 'latin1') };
    };
    const listed = async (): Promise<string[]> =>
      (await transport.dead().list({}, 100)).letters.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));

    test('lists what was put aside, oldest first, and what of it is asked for', async () => {
      const before = Date.now();
      await bury(row(1), row(2, '2\tq\xff'), row(null, 'garbage', 'position'));
      await bury(row(3, '3\tx', 'refused: Cannot parse input'));
      const dead = transport.dead();
      const { letters, reasons } = await dead.list({}, 100);
      expect([...reasons]).toEqual([
        ['number', 2],
        ['position', 1],
        ['refused', 1],
      ]);
      expect(letters.map(({ position }) => position)).toEqual([1, 2, null, 3]);
      expect(new Set(letters.map(({ id }) => id)).size).toBe(4);
      expect(letters[1]).toMatchObject({ kind: 'row', stream: '1', epoch: '10', reason: 'number', key: null, headers: {} });
      expect(Buffer.from(letters[1]?.bytes ?? []).toString('latin1')).toBe('2\tq\xff');
      for (const { time, origin } of letters) {
        expect(time).toBeGreaterThanOrEqual(before);
        expect(origin).toMatch(/^(spool|.*\.drops\.v1)\/\w+$/);
      }
      const ids = new Set([letters[0]?.id ?? '', letters[2]?.id ?? '']);
      expect((await dead.list({ ids }, 100)).letters.map(({ position }) => position)).toEqual([1, null]);
      expect((await dead.list({ reason: 'refused' }, 100)).letters.map(({ position }) => position)).toEqual([3]);
      const origin = letters[0]?.origin ?? '';
      expect((await dead.list({ origin }, 100)).letters.length).toBe(letters.filter((letter) => letter.origin === origin).length);
      expect((await dead.list({ origin: 'nowhere' }, 100)).letters).toEqual([]);
      expect((await dead.list({ since: Date.now() + 60_000 }, 100)).reasons.size).toBe(0);
      const last = await dead.list({}, 2);
      expect(last.letters.map(({ position }) => position)).toEqual([null, 3]);
      expect(last.reasons.get('number')).toBe(2);
    });

    test('nothing was put aside: nothing is listed, nothing replayed', async () => {
      expect(await transport.dead().list({}, 10)).toEqual({ letters: [], reasons: new Map() });
      expect(await transport.dead().replay({})).toEqual({ rows: 0, messages: 0, kept: [], unknown: [] });
    });

    test('replays rows as ranges of their own epoch, and those of one position together', async () => {
      await bury(
        row(5),
        row(7, '7\tsame'),
        row(7, '7\tsame'),
        row(null, 'garbage', 'position'),
        row(7, '7\tother', 'refused: why'),
      );
      const dead = transport.dead();
      const before = await dead.list({}, 100);
      const plan = await dead.replay({ reason: 'refused' }, { dryRun: true });
      expect(plan).toEqual({ rows: 3, messages: 0, kept: [], unknown: [] });
      expect(await dead.list({}, 100)).toEqual(before);
      expect(await dead.replay({ reason: 'refused' })).toEqual(plan);
      expect(await listed()).toEqual(['5\tx', 'garbage']);
      expect(await dead.replay({})).toMatchObject({ rows: 1, kept: [{ why: 'no position can be read from it' }] });
      expect(await listed()).toEqual(['garbage']);
      expect(await deliver(4)).toEqual([block(7, '7\tsame\n7\tsame\n7\tother\n'), block(5, '5\tx\n')]);
    });

    test('replays a letter by its id, and says which ids it does not know', async () => {
      await bury(row(1), row(2));
      const dead = transport.dead();
      const [first] = (await dead.list({}, 100)).letters;
      const replay = await dead.replay({ ids: new Set([first?.id ?? '', 'nobody']) });
      expect(replay).toEqual({ rows: 1, messages: 0, kept: [], unknown: ['nobody'] });
      expect(await listed()).toEqual(['2\tx']);
      expect(await deliver(1)).toEqual([block(1, '1\tx\n')]);
    });

    test('what is put aside and replayed again has the same range, so the ledger cuts it', async () => {
      for (let time = 0; time < 2; time++) {
        await bury(row(1));
        expect(await listed()).toEqual(['1\tx']);
        await transport.dead().replay({});
        expect(await listed()).toEqual([]);
        expect(await deliver(1)).toEqual([block(1, '1\tx\n')]);
      }
    });

    test('what dies again is listed again, and has a range of its own when it is replayed again', async () => {
      await bury(row(1));
      await transport.dead().replay({});
      await deliver(1, [{ ...row(1), epoch: replayEpoch('10') }]);
      expect(await listed()).toEqual(['1\tx']);
      await transport.dead().replay({});
      expect(await listed()).toEqual([]);
      expect(await deliver(1)).toEqual([block(1, '1\tx\n', replayEpoch('10'))]);
    });

    test.each([
      ['another position', row(1, '2\tx')],
      ['two rows', row(1, '1\tx\n2\ty')],
      ['a stream that is none', { ...row(1), stream: 'eth0' }],
    ])('keeps a row that claims %s', async (_, wrong) => {
      await bury(wrong);
      expect(await transport.dead().replay({})).toMatchObject({ rows: 0, kept: [{ why: expect.any(String) as string }] });
      expect(await listed()).toHaveLength(1);
    });

    test('replays many', async () => {
      const many = Array.from({ length: 3000 }, (_, i) => row(i + 1, `${i + 1}\t${'x'.repeat(300)}`));
      await bury(...many);
      expect(await transport.dead().replay({})).toMatchObject({ rows: 3000, kept: [] });
      expect((await transport.dead().list({}, 1)).reasons.size).toBe(0);
      expect((await collect(transport.reader(), 3000)).flatMap(({ blocks }) => blocks)).toHaveLength(3000);
    });
  });
}
