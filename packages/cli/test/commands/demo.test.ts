import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textWidth } from '../../src/terminal/safe-text.ts';
import { droplens, program } from './run-droplens.ts';

let directory: string;
let scratch: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-'));
  scratch = join(directory, 'tmp');
  mkdirSync(scratch);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('droplens demo', { timeout: 240_000 }, () => {
  it('shows sources, ports and one source in full, and leaves nothing behind', async () => {
    const { code, stdout } = await droplens(['demo'], { env: { TMPDIR: scratch } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A day of sample traffic/);
    expect(stdout).toMatch(/1\d\d,\d{3} lines of 4 servers, 1\d\d,\d{3} packets stored in \d+ s\./);
    expect(stdout).toMatch(/^ packets {2}source +country +wants +hosts +first +last$/m);
    expect(stdout).toMatch(/^ +[\d,]+ {2}23\/tcp +telnet +\d+ /m);
    expect(stdout).toMatch(/^\$ droplens source \S+\n\S+ {3}\S/m);
    expect(stdout).toMatch(/[▁▂▃▄▅▆▇█]{10}/);
    expect(stdout).toContain('sudo droplens up');
    for (const line of stdout.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('keeps the store where it is told to, for more questions', async () => {
    const data = join(directory, 'kept');
    expect((await droplens(['demo', '--data', data])).code).toBe(0);
    const { stdout } = await droplens(['top', 'hosts', '--data', data, '--format', 'ndjson']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
    const again = await droplens(['demo', '--data', data]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('is not empty: sample traffic must not mix with a real history [DL_DATA_DIRECTORY]');
  });

  it('removes what it made when it is stopped in the middle', async () => {
    writeFileSync(join(scratch, 'bystander'), '');
    const demo = spawn(process.execPath, [program, 'demo'], {
      env: { PATH: process.env['PATH'], TMPDIR: scratch, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(demo.stdout, 'data');
    expect(readdirSync(scratch)).toHaveLength(2);
    demo.kill('SIGINT');
    expect(await once(demo, 'exit')).toEqual([130, null]);
    expect(readdirSync(scratch)).toEqual(['bystander']);
  });
});
