import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zoneNamed } from '../src/time-zone.ts';
import { droplens } from './commands/run-droplens.ts';

let directory: string;
let zoneFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-'));
  // not the machine's own: small ones have none
  zoneFile = join(directory, 'zoneinfo/Europe/Berlin');
  mkdirSync(dirname(zoneFile), { recursive: true });
  writeFileSync(zoneFile, '');
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the zone that TZ means', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    [':America/New_York', 'America/New_York'],
    ['europe/berlin', 'Europe/Berlin'],
    ['', 'UTC'],
    ['UTC0', 'UTC'],
    ['CET-1CEST', null],
    ['+02:00', null],
    ['Nonsense/X', null],
    ['/nowhere/zoneinfo', null],
  ])('%j is %j', (tz, name) => expect(zoneNamed(tz)).toBe(name));

  it('is found by its file, also behind a link as of /etc/localtime', () => {
    symlinkSync(zoneFile, join(directory, 'localtime'));
    expect([zoneNamed(zoneFile), zoneNamed(`:${join(directory, 'localtime')}`)]).toEqual(['Europe/Berlin', 'Europe/Berlin']);
  });
});

const line =
  'Jun  8 14:34:33 h kernel: x IN=eth0 OUT= MAC= SRC=1.2.3.4 DST=5.6.7.8 LEN=40 TOS=0x00 PREC=0x00 TTL=4 ID=1 PROTO=2 \n';

it('stamps without a zone are of the zone whose file TZ gives', async () => {
  const args = ['parse', '--reference-time', '2026-11-21T12:00Z'];
  const { stdout } = await droplens(args, { input: line, env: { TZ: zoneFile } });
  expect(stdout).toContain('"time":"2026-06-08T12:34:33.000Z"');
});

it('a TZ that names nothing is told, and the store opens all the same', async () => {
  const env = { TZ: 'Nonsense/X' };
  const imported = await droplens(['import', '-', '--data', join(directory, 'data')], { input: line, env });
  expect(imported.stderr).toContain('droplens: TZ=Nonsense/X names no time zone that is known here: UTC is used\n');
  expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('loaded    1 packet,') as string });
}, 60_000);
