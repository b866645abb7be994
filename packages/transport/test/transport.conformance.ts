import { DroplensError } from '@droplens/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  batchLimits,
  type Append,
  type DeadLetters,
  type Delivery,
  type HostRow,
  type Intent,
  type RowBlock,
  type TransportReader,
  type TransportWriter,
} from '../src/index.ts';

/** One transport under test: a place where rows wait, and as many writers and readers on it, one after the other, as a case wants. */
export interface TransportHarness {
  writer(): TransportWriter;
  reader(): TransportReader;
  dead(): DeadLetters;
  close(): Promise<void>;
}

/** What every driver must do; `create` gives an empty transport with room for at least 64 MiB. */
export function transportConformance(driver: string, create: () => Promise<TransportHarness>): void {
  describe(`transport contract: ${driver}`, () => {
    let transport: TransportHarness;
    beforeEach(async () => {
      transport = await create();
    });
    afterEach(() => transport.close());

    const append = async (...appends: Append[]): Promise<void> => {
      const writer = transport.writer();
      for (const one of appends) await writer.append(one);
      await writer.close();
    };

    test('hands over what was appended, byte for byte', async () => {
      const text = Buffer.from('10\ta\\tb\\\\\n20\t\u00e9\n20\t\xff\xfe\n', 'latin1');
      const block = { stream: '18446744073709551615', epoch: '7', first: 1, last: Number.MAX_SAFE_INTEGER, rows: 3, text };
      const undercounts = [
        { stream: '1', epoch: '2', position: 3, time: 1_795_132_800_123, host: 'w\u00e9b "1"', cause: 'net-ratelimit', count: 0 },
      ];
      const statuses = [
        {
          stream: '1',
          epoch: '2',
          position: 30,
          time: 1_795_132_800_124,
          host: 'web-1',
          source: '/var/log/\u00fc.log',
          lines: 9,
          records: 4,
          rejected: { arp: 2, 'not-netfilter': 3 },
        },
      ];
      const hosts = [hostRow, { ...hostRow, host: 'w\u00e9b "2"', since: hostRow.since + 1, contacted: [] }];
      await append({ blocks: [block], undercounts, statuses, hosts });
      const seen = await collect(transport.reader(), { rows: 3, statuses: 1, hosts: 2 });
      expect(seen.flatMap(({ blocks }) => blocks)).toEqual([{ ...block, text: text.toString('latin1') }]);
      expect(seen.flatMap((one) => one.undercounts)).toEqual(undercounts);
      expect(seen.flatMap((one) => one.statuses)).toEqual(statuses);
      expect(seen.flatMap((one) => one.hosts)).toEqual(hosts);
    });

    test('keeps the order of a stream and hands over everything once', async () => {
      await append(...Array.from({ length: 25 }, (_, i) => rowsOf('5', i * 10 + 1, i * 10 + 10)));
      const seen = await collect(transport.reader(), 250);
      expect(seen.flatMap((delivery) => delivery.blocks.flatMap((block) => positions(block.text)))).toEqual(
        Array.from({ length: 250 }, (_, i) => i + 1),
      );
      await append(rowsOf('5', 251, 260));
      const later = await collect(transport.reader(), 10);
      expect(later.flatMap((delivery) => delivery.blocks.flatMap((block) => positions(block.text)))).toEqual(
        Array.from({ length: 10 }, (_, i) => 251 + i),
      );
    });

    test('takes appends of several streams side by side', async () => {
      const writer = transport.writer();
      await Promise.all(['1', '2', '3', '4'].map((stream) => writer.append(rowsOf(stream, 1, 100))));
      await writer.close();
      const seen = await collect(transport.reader(), 400);
      const blocks = seen.flatMap((delivery) => delivery.blocks);
      expect(blocks.map((block) => block.stream).sort()).toEqual(['1', '2', '3', '4']);
      expect(blocks.every((block) => block.first === 1 && block.last === 100 && block.rows === 100)).toBe(true);
    });

    test('carries ranges without rows, and status or hosts without ranges', async () => {
      const status = { stream: '1', epoch: '1', position: 9, time: 1_795_132_800_000, host: 'h', source: 's' };
      await append(
        {
          blocks: [{ stream: '1', epoch: '1', first: 1, last: 9, rows: 0, text: new Uint8Array() }],
          undercounts: [],
          statuses: [],
          hosts: [],
        },
        { blocks: [], undercounts: [], statuses: [{ ...status, lines: 1, records: 0, rejected: {} }], hosts: [] },
        { blocks: [], undercounts: [], statuses: [], hosts: [hostRow] },
        { blocks: [], undercounts: [], statuses: [], hosts: [{ ...hostRow, time: hostRow.time + 1 }] },
        rowsOf('1', 10, 10),
      );
      const seen = await collect(transport.reader(), { rows: 1, statuses: 1, hosts: 2 });
      const ranges = seen.flatMap((delivery) => delivery.blocks.map(({ first, last, rows }) => [first, last, rows]));
      expect(ranges).toEqual([
        [1, 9, 0],
        [10, 10, 1],
      ]);
      expect(seen.flatMap((delivery) => delivery.statuses).length).toBe(1);
      expect(seen.flatMap((delivery) => delivery.hosts.map(({ time }) => time))).toEqual([hostRow.time, hostRow.time + 1]);
    });

    test('an append of nothing is nothing', async () => {
      await append({ blocks: [], undercounts: [], statuses: [], hosts: [] }, rowsOf('1', 1, 1));
      expect(await collect(transport.reader(), 1)).toHaveLength(1);
    });

    test('no delivery is larger than a batch may be', async () => {
      const large = (first: number): Uint8Array => Buffer.alloc(4 * 1024 * 1024, `${first}\t${'x'.repeat(1021)}\n`);
      const block = (first: number, text: Uint8Array, rows: number): RowBlock => ({
        stream: '1',
        epoch: '1',
        first,
        last: first,
        rows,
        text,
      });
      await append({
        blocks: [1, 2, 3].map((first) => block(first, large(first), 4096)),
        undercounts: [],
        statuses: [],
        hosts: [],
      });
      await append({
        blocks: [10, 11].map((first) => block(first, Buffer.alloc(80_000, `${first}\t\n`), 20_000)),
        undercounts: [],
        statuses: [],
        hosts: [],
      });
      const seen = await collect(transport.reader(), 3 * 4096 + 40_000);
      for (const { blocks } of seen) {
        expect(blocks.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(batchLimits.rows);
        expect(blocks.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(batchLimits.bytes);
      }
      expect(seen.flatMap(({ blocks }) => blocks.map(({ first }) => first))).toEqual([1, 2, 3, 10, 11]);
    });

    test.each<[string, Partial<RowBlock>]>([
      ['last before first', { first: 10, last: 9 }],
      ['a negative position', { first: -1 }],
      ['a position beyond what a number holds', { last: 2 ** 60 }],
      ['a stream that is no UInt64', { stream: '18446744073709551616' }],
      ['an epoch that is no number', { epoch: 'kern.log' }],
      ['a torn last row', { text: Buffer.from('1\tx') }],
      ['no text for its rows', { text: new Uint8Array() }],
      ['too many rows', { rows: batchLimits.rows + 1 }],
      ['too many bytes', { text: Buffer.alloc(batchLimits.bytes + 1, '\n') }],
      ['a number of rows that is none', { rows: Number.NaN }],
    ])('refuses a block with %s, and goes on', async (_, wrong) => {
      const good = rowsOf('1', 1, 5);
      const blocks = good.blocks.map((block) => ({ ...block, ...wrong }));
      const writer = transport.writer();
      await expect(writer.append({ ...good, blocks })).rejects.toMatchObject({ code: 'DL_INTERNAL' });
      await writer.append(good);
      await writer.close();
      const seen = await collect(transport.reader(), 5);
      expect(seen.flatMap((delivery) => delivery.blocks.flatMap((block) => positions(block.text)))).toEqual([1, 2, 3, 4, 5]);
    });

    test('a handler that rejects with retry gets the same again, with what it fixed', async () => {
      await append(rowsOf('1', 1, 3), rowsOf('1', 4, 6));
      const tries: { rows: number[]; intent: Intent | null }[] = [];
      const stop = new AbortController();
      await transport.reader().run(async (delivery) => {
        const rows = delivery.blocks.flatMap((block) => positions(snapshot(block).text));
        tries.push({ rows, intent: delivery.intent });
        const intent = { loadedAt: delivery.intent?.loadedAt ?? 1_795_132_800_000, token: delivery.intent?.token ?? '42' };
        await delivery.saveIntent(intent);
        if (tries.length === 1) throw new DroplensError('DL_TRANSPORT_UNAVAILABLE', 'not now');
        if (tries.flatMap((one) => one.rows).includes(6)) stop.abort();
      }, stop.signal);
      expect(tries[1]?.rows).toEqual(tries[0]?.rows);
      expect(tries[0]?.rows[0]).toBe(1);
      const fixed = tries[0]?.intent?.loadedAt ?? 1_795_132_800_000;
      expect(tries[1]?.intent?.loadedAt).toBe(fixed);
      expect([...new Set(tries.flatMap((one) => one.rows))]).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test.each(['DL_INTERNAL', 'DL_RECORD_UNDECODABLE'] as const)(
      'a handler that rejects with %s ends the run; the delivery comes first again',
      async (code) => {
        await append(rowsOf('1', 1, 3), rowsOf('2', 1, 3));
        let loadedAt: number | undefined;
        let stream: string | undefined;
        const failing = transport.reader().run(async (delivery) => {
          stream = delivery.blocks[0]?.stream;
          loadedAt = delivery.intent?.loadedAt ?? 1_795_132_800_000;
          await delivery.saveIntent({ loadedAt, token: '42' });
          throw new DroplensError(code, 'broken');
        }, new AbortController().signal);
        await expect(failing).rejects.toMatchObject({ code, message: 'broken' });
        const seen = await collect(transport.reader(), 6);
        expect(seen[0]?.intent?.loadedAt).toBe(loadedAt);
        expect(seen[0]?.blocks[0]?.stream).toBe(stream);
        expect(seen.flatMap((delivery) => delivery.blocks.map((block) => block.stream)).sort()).toEqual(['1', '2']);
      },
    );

    test('stops while idle, and waits for the handler that is busy', async () => {
      const idle = new AbortController();
      const run = transport.reader().run(() => Promise.resolve(), idle.signal);
      idle.abort();
      await run;

      await append(rowsOf('1', 1, 3));
      const stop = new AbortController();
      let settled = false;
      await transport.reader().run(async () => {
        stop.abort();
        await new Promise((resolve) => setImmediate(resolve));
        settled = true;
        throw new DroplensError('DL_INTERNAL', 'after an abort nobody wants to know');
      }, stop.signal);
      expect(settled).toBe(true);
      expect(await collect(transport.reader(), 3)).toHaveLength(1);
    });

    test('wakes up for an append while it waits', async () => {
      const waiting = collect(transport.reader(), 3);
      await append(rowsOf('1', 1, 3));
      expect((await waiting).flatMap((delivery) => delivery.blocks.flatMap((block) => positions(block.text)))).toEqual([1, 2, 3]);
    });

    test('buries rows once, whatever their bytes', async () => {
      await append(rowsOf('1', 1, 3));
      const row = Buffer.from([0x31, 0x09, 0xff, 0xfe, 0x00, 0x22]);
      const dead = [
        { stream: '1', epoch: '1', position: 1, reason: 'columns', row },
        { stream: '1', epoch: '1', position: null, reason: 'position', row: Buffer.from('\u00e9"\\') },
      ];
      let tries = 0;
      const stop = new AbortController();
      await transport.reader().run(async (delivery) => {
        await delivery.bury(dead);
        tries += 1;
        if (tries === 1) throw new DroplensError('DL_TRANSPORT_UNAVAILABLE', 'once more');
        stop.abort();
      }, stop.signal);
      const { letters } = await transport.dead().list({}, 10);
      const found = letters.map(({ stream, epoch, position, reason, bytes }) => ({
        stream,
        epoch,
        position,
        reason,
        row: bytes,
      }));
      expect(found.map((one) => ({ ...one, row: Buffer.from(one.row) }))).toEqual(dead);
    });

    test('says what waits', async () => {
      await append(rowsOf('1', 1, 3), rowsOf('1', 4, 6));
      const reader = transport.reader();
      const stop = new AbortController();
      let during: { files: number; bytes: number; oldest: number | null } | undefined;
      let rows = 0;
      await reader.run((delivery) => {
        during ??= reader.backlog();
        rows += delivery.blocks.reduce((sum, block) => sum + block.rows, 0);
        if (rows === 6) stop.abort();
        return Promise.resolve();
      }, stop.signal);
      expect(during?.files).toBeGreaterThan(0);
      expect(during?.bytes).toBeGreaterThan(0);
    });
  });
}

/** What a host may say of itself. */
export const hostRow: HostRow = {
  host: 'web-1',
  since: 1_795_132_800_000,
  time: 1_795_132_800_123,
  facts: {
    addresses: [{ address: '2001:db8::1', bits: 128, prefix: 64, interface: 'e\u00fc "0"' }],
    gateways: ['192.0.2.1'],
    resolvers: [],
    listening: [{ proto: 'UDP', address: '::', port: 53 }],
    absent: { resolvers: '/etc/resolv.conf cannot be read (EACCES)' },
  },
  contacted: [{ address: '198.51.100.9', last: 1_795_132_799_999 }],
};

/** An append of one block with a row at each position of [first, last]. */
export function rowsOf(stream: string, first: number, last: number, epoch = '1'): Append {
  let text = '';
  for (let position = first; position <= last; position++) text += `${position}\tx\n`;
  return {
    blocks: [{ stream, epoch, first, last, rows: last - first + 1, text: Buffer.from(text) }],
    undercounts: [],
    statuses: [],
    hosts: [],
  };
}

interface Seen extends Omit<Delivery, 'origin' | 'claim' | 'blocks' | 'saveIntent' | 'bury' | 'signal'> {
  readonly blocks: readonly (Omit<RowBlock, 'text'> & { text: string })[];
}

/** Runs `reader` until so many rows, statuses and hosts have been handed over; texts are copied, since a driver may reuse its buffers. */
export async function collect(
  reader: TransportReader,
  wanted: number | { rows: number; statuses?: number; hosts?: number },
): Promise<Seen[]> {
  const { rows, statuses: fewestStatuses = 0, hosts: fewestHosts = 0 } = typeof wanted === 'number' ? { rows: wanted } : wanted;
  const seen: Seen[] = [];
  const stop = new AbortController();
  let count = 0;
  let said = 0;
  let known = 0;
  await reader.run((delivery) => {
    const { undercounts, statuses, hosts, intent, rebuilt } = delivery;
    seen.push({ blocks: delivery.blocks.map(snapshot), undercounts, statuses, hosts, intent, rebuilt });
    count += delivery.blocks.reduce((sum, block) => sum + block.rows, 0);
    said += statuses.length;
    known += hosts.length;
    if (count >= rows && said >= fewestStatuses && known >= fewestHosts) stop.abort();
    return Promise.resolve();
  }, stop.signal);
  return seen;
}

function snapshot(block: RowBlock): Omit<RowBlock, 'text'> & { text: string } {
  const { stream, epoch, first, last, rows, text } = block;
  return { stream, epoch, first, last, rows, text: Buffer.from(text).toString('latin1') };
}

function positions(text: string): number[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((row) => Number(row.split('\t', 1)[0]));
}
