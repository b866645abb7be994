/**
 * Fills a data directory: a third of ROWS packets over a year, then ROWS packets of the last 24 hours, from 60,000 sources (Zipf's law). They come
 * in the order of time, as lines do. The engine makes the rows itself, in inserts of 250,000; merges go on in the background meanwhile.
 * Usage: fill-store.ts DIRECTORY ROWS
 */
import { openEngine } from '@droplens/embedded-clickhouse';
import { createReporter } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './engine-client.ts';

const [directory, rows] = [process.argv[2]!, Number(process.argv[3])];
const step = 250_000;

/** `step` rows from number `from` on, spread evenly from `start` (milliseconds since 1970), `gap` ms apart; all other values depend on the number only. */
function fill(from: number, start: number, gap: number): string {
  return `INSERT INTO drops_in (position, loaded_at, time, host, prefix, action, in_iface, out_iface, src, dst, proto, src_port, dst_port, length,
    ttl, ip_id, tcp_flags, window, icmp_type, icmp_code, extra, country, asn)
  WITH cityHash64(number) AS h, toUInt32(pow(60000, (h % 1000003) / 1000003)) AS rank, cityHash64(rank) AS s, bitShiftRight(h, 20) AS p,
    [23, 22, 445, 3389, 80, 8080, 443, 6379, 1433, 2323, 5900, 25] AS favourites
  SELECT number, now64(3, 'UTC'), fromUnixTimestamp64Milli(toInt64(${start} + (number - ${from}) * ${gap}), 'UTC'),
    ['web-1', 'web-2', 'mail', 'db'][1 + h % 4], 'iptables denied:', 'deny', 'eth0', '',
    toIPv6(IPv4NumToString(toUInt32(16777216 + s % 3700000000))), toIPv6('192.0.2.10'), ['TCP', 'TCP', 'TCP', 'TCP', 'UDP'][1 + p % 5],
    1024 + h % 60000, if(p % 100 < 55, favourites[1 + s % 12], p % 65536), 60, 50, p % 65536, 2, 64240, 0, 0,
    'MAC=00:25:90:92:89:c9:00:00:5e:00:01:0a:08:00 TOS=0x00 PREC=0x00 DF RES=0x00 URGP=0', ['US', 'CN', 'NL', 'DE', 'RU', 'BR', 'VN', 'IN'][1 + s % 8], s % 400000
  FROM numbers(${from}, ${step})
  SETTINGS max_threads = 1, max_insert_threads = 1, max_block_size = ${step}, max_insert_block_size = ${step}, optimize_on_insert = 0, max_execution_time = 0`;
}

const engine = await openEngine({ directory, memory_mb: 2048 });
const store = new Store({
  url: engine.url,
  ...engine.writer,
  reporter: createReporter({ registry: new Registry(), level: 'silent' }),
});
await store.migrate();
const year = Math.floor(rows / 3 / step) * step;
const now = Date.now();
const day = 86_000_000;
for (const { first, count, start, span } of [
  { first: rows, count: year, start: now - 365 * 86_400_000, span: 364 * 86_400_000 },
  { first: 0, count: rows, start: now - day, span: day },
]) {
  const gap = span / count;
  for (let at = 0; at < count; at += step) await ask(engine, fill(first + at, start + at * gap, gap));
}
while ((await ask(engine, 'SELECT count() FROM system.merges')).trim() !== '0') await pause(500);
await store.close();
await engine.close();
