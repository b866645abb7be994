/** The parser alone: every line scanned, nothing made of it. Usage: scan-only.ts FILE; prints JSON on stdout. */
import { open } from 'node:fs/promises';
import { LineScanner, scanned } from '@droplens/netfilter-log';

const [path] = process.argv.slice(2) as [string];
const file = await open(path);
const scanner = new LineScanner({ timeZone: 'UTC' });
const chunk = Buffer.allocUnsafe(1 << 20);
const cpu = process.cpuUsage();
const started = performance.now();
let records = 0;
let kept = 0;
for (;;) {
  const { bytesRead } = await file.read(chunk, kept, chunk.length - kept, null);
  if (bytesRead === 0) break;
  const end = kept + bytesRead;
  const now = Date.now();
  let from = 0;
  for (let to = chunk.indexOf(10); to !== -1 && to < end; to = chunk.indexOf(10, from)) {
    if (scanner.scan(chunk, from, to, now) === scanned.record) records += 1;
    from = to + 1;
  }
  chunk.copyWithin(0, from, end);
  kept = end - from;
}
const used = process.cpuUsage(cpu);
const wallSeconds = (performance.now() - started) / 1000;
await file.close();
process.stdout.write(
  JSON.stringify({
    cpuSeconds: (used.user + used.system) / 1e6,
    wallSeconds,
    rssMiB: process.resourceUsage().maxRSS / 1024,
    records,
  }),
);
