import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectSources, readMachineId } from '../../src/collector/detect-sources.ts';
import { packetLine } from './loaded-rows.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'droplens-detect-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const now = Date.UTC(2026, 10, 21, 9);
function put(path: string, text: string, mtime = now): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  utimesSync(full, mtime / 1000, mtime / 1000);
}
function lines(from: number, to: number, hour = 8): string {
  let text = '';
  const time = `2026-11-21T0${hour}:00:00.000000+00:00`;
  for (let number = from; number < to; number += 1) text += packetLine(number, { time });
  return text;
}
const noise = 'Nov 21 08:00:00 web-1 systemd[1]: Started session 1 of user root.\n';

describe('detectSources', () => {
  it('follows one of several logs that hold the same lines, the one with less else in it, and says so', async () => {
    put('var/log/syslog', noise.repeat(30) + lines(0, 20));
    put('var/log/kern.log', lines(0, 20));
    const found = await detectSources({ root, now });
    expect(found.sources).toEqual([{ file: join(root, 'var/log/kern.log') }]);
    expect(found.chosen).toBe(join(root, 'var/log/kern.log'));
    expect(found.why).toContain('20 packet lines');
    expect(found.why).toContain('the newest 60 min ago');
    expect(found.why).toContain(`${join(root, 'var/log/syslog')} also have them, one file is enough`);
  });

  it('follows a second log, too, if its lines are its own', async () => {
    put('var/log/kern.log', lines(0, 20));
    put('var/log/ulog/syslogemu.log', lines(100, 110));
    const found = await detectSources({ root, now });
    expect(found.sources).toHaveLength(2);
  });

  it('does not follow what holds only old lines, or lines that are no denials', async () => {
    put('var/log/kern.log', lines(0, 20), now - 30 * 86_400_000);
    put('var/log/messages', packetLine(1, { time: '2026-10-01T00:00:00.000000+00:00' }));
    put('var/log/ufw.log', packetLine(2, { prefix: '[UFW ALLOW] ', time: '2026-11-21T08:00:00.000000+00:00' }));
    const found = await detectSources({ root, now: now + 20 * 86_400_000 });
    expect(found.sources).toEqual([]);
    expect(found.findings.map((finding) => finding.usable)).not.toContain(true);
  });

  it('falls back to the ring, and says what was looked at', async () => {
    put('var/log/kern.log', noise);
    put('dev/kmsg', `4,1,5000000,-;${lines(0, 1).replace(/^.*?\] /, '')}`);
    const found = await detectSources({ root, now });
    expect(found.sources).toEqual([{ kmsg: {} }]);
    expect(found.why).toMatch(/no log file holds recent packet lines/);
    expect(found.findings.map(({ place }) => place)).toEqual([
      join(root, 'var/log/kern.log'),
      'the journal',
      join(root, 'dev/kmsg'),
    ]);
  });

  it('never throws: directories in the place of files, an empty machine', async () => {
    mkdirSync(join(root, 'var/log/kern.log'), { recursive: true });
    mkdirSync(join(root, 'var/log/journal/abc'), { recursive: true });
    mkdirSync(join(root, 'dev/kmsg'), { recursive: true });
    const found = await detectSources({ root, now });
    expect(found.sources).toEqual([]);
    expect(found.chosen).toBe('none');
    expect(await detectSources({ root: join(root, 'nothing'), now })).toMatchObject({ sources: [] });
  });

  it('knows the machine', async () => {
    put('etc/machine-id', '3d1219c7c4c5404aaa1f6d2a48adfda4\n');
    expect(await readMachineId(root)).toBe('3d1219c7c4c5404aaa1f6d2a48adfda4');
    expect(await readMachineId(join(root, 'nothing'))).toMatch(/^host ./);
  });
});
