import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * A kernel log that grows and rotates as logrotate would do it (rename, newest is `.1`, older ones compressed).
 * Line n carries n in its fields (source port and IP id), so a lost or doubled line can be named.
 */
export class GrowingLog {
  readonly path: string;
  readonly #random: () => number;
  readonly #host: string;
  /** Lines written so far. */
  written = 0;
  rotations = 0;

  constructor(directory: string, random: () => number, host = 'web-1') {
    this.path = join(directory, 'kern.log');
    this.#random = random;
    this.#host = host;
    writeFileSync(this.path, '');
  }

  /** Appends `count` denied packets, with lines of other programs between them, and now and then half a line first. */
  grow(count: number): void {
    let text = '';
    for (let i = 0; i < count; i += 1) {
      if (this.#random() < 0.02) text += `${stamp()} ${this.#host} systemd[1]: Started session ${this.written} of user root.\n`;
      text += this.#line(this.written);
      this.written += 1;
    }
    const cut = Math.floor(this.#random() * text.length);
    appendFileSync(this.path, text.slice(0, cut));
    appendFileSync(this.path, text.slice(cut));
  }

  /** Renames the log away and begins a new one; older rotations move on and are compressed. */
  rotate(): void {
    this.#shift();
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
    writeFileSync(this.path, '');
    this.rotations += 1;
  }

  /** The same as `copytruncate` does it: copied, then emptied in place. Nobody writes in between here. */
  copyTruncate(): void {
    this.#shift();
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
    this.rotations += 1;
  }

  /** Makes room for a new `.1`. */
  #shift(): void {
    const directory = join(this.path, '..');
    const numbers = readdirSync(directory)
      .map((name) => /^kern\.log\.(\d+)(\.gz)?$/.exec(name))
      .filter((match) => match !== null)
      .map((match) => ({ number: Number(match[1]), gz: match[2] === '.gz' }))
      .sort((a, b) => b.number - a.number);
    for (const { number, gz } of numbers) {
      const from = `${this.path}.${number}${gz ? '.gz' : ''}`;
      const to = `${this.path}.${number + 1}.gz`;
      if (gz) renameSync(from, to);
      else {
        // logrotate compresses a copy and removes the original last
        writeFileSync(to, gzipSync(readFileSync(from)));
        rmSync(from);
      }
    }
  }

  #line(n: number): string {
    const source = `198.51.${100 + (n % 7)}.${1 + (n % 250)}`;
    return (
      `${stamp()} ${this.#host} kernel: [${(1000 + n / 1000).toFixed(6)}] iptables denied: IN=eth0 OUT= ` +
      `MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=${source} DST=192.0.2.10 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ` +
      `ID=${n % 65536} PROTO=TCP SPT=${1024 + Math.floor(n / 65536)} DPT=${1 + ((n * 7) % 1000)} WINDOW=1024 RES=0x00 SYN URGP=0 \n`
    );
  }
}

function stamp(): string {
  return new Date().toISOString().replace('Z', '+00:00');
}

/** mulberry32: a small seeded generator, so that a failing run can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
