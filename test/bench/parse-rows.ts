/** Lines to row text in one process, thrown away: the work without its start. Usage: parse-rows.ts FILE; prints JSON on stdout. */
import { eachBlock } from './row-blocks.ts';

const [path] = process.argv.slice(2) as [string];
const cpu = process.cpuUsage();
const started = performance.now();
let rows = 0;
for await (const block of eachBlock(path)) rows += block.rows;
const used = process.cpuUsage(cpu);
const wallSeconds = (performance.now() - started) / 1000;
process.stdout.write(
  JSON.stringify({
    cpuSeconds: (used.user + used.system) / 1e6,
    wallSeconds,
    rssMiB: process.resourceUsage().maxRSS / 1024,
    rows,
  }),
);
