import { closeSync, openSync, writeSync } from 'node:fs';
import { setTimeout as passing } from 'node:timers/promises';
import { numberedLine } from './numbered-lines.ts';

/*
 * A syslog daemon: appends numbered lines to argv[2] at about argv[3] lines a second, now and then a line in two writes; SIGHUP makes it
 * open the file anew, SIGTERM end it. Prints how many lines it wrote.
 */
const [, , path, rate] = process.argv as unknown as [string, string, string, string];
let descriptor = openSync(path, 'a');
let number = 0;
const ending = new AbortController();
let reopen = false;
process.on('SIGHUP', () => (reopen = true));
process.on('SIGTERM', () => ending.abort());
process.stdout.write('ready\n');

const started = performance.now();
while (!ending.signal.aborted) {
  if (reopen) {
    reopen = false;
    closeSync(descriptor);
    descriptor = openSync(path, 'a');
  }
  const due = ((performance.now() - started) / 1000) * Number(rate);
  let text = '';
  while (number < due) text += numberedLine(number++);
  if (text !== '') {
    const cut = Math.random() < 0.2 ? Math.floor(Math.random() * text.length) : text.length;
    write(text.slice(0, cut));
    if (cut < text.length) {
      await passing(1);
      write(text.slice(cut));
    }
  }
  await passing(Math.random() * 6);
}
process.stdout.write(`${number}\n`);

function write(text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length;) from += writeSync(descriptor, bytes, from);
}
