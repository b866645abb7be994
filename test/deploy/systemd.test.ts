import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const units = join(import.meta.dirname, '../../deploy/systemd');

/** Whether the units cannot be checked here; an error where they must be (`systemd` in DROPLENS_TEST_REQUIRE). */
function withoutSystemd(): boolean {
  if (spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0) return false;
  const message = 'deploy/systemd: missing systemd-analyze (apt-get install systemd)';
  const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').map((each) => each.trim());
  if (required.includes('systemd')) throw new Error(message);
  process.stderr.write(`skipped – ${message}\n`);
  return true;
}

describe.skipIf(withoutSystemd()).each(['collect', 'load'])('droplens-%s.service', (command) => {
  const name = `droplens-${command}.service`;
  const text = readFileSync(join(units, name), 'utf8');
  let directory: string;

  const analyze = (...args: readonly string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, join(directory, name)], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-units-'));
    // the program need not be installed where this runs
    writeFileSync(join(directory, name), text.replace('/usr/bin/droplens', process.execPath));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is a unit that systemd understands in whole', () => {
    expect(analyze('verify')).toEqual({ status: 0, output: '' });
  });

  it('exposes little, as systemd judges: 2 of 10 at most', () => {
    const { status, output } = analyze('security', '--offline=true', '--threshold=20');
    expect(status, output).toBe(0);
  });

  it('runs the service as a user of its own, with secrets from a file', () => {
    expect(text).toContain(`\nExecStart=/usr/bin/droplens ${command}\n`);
    expect(text).toContain('\nDynamicUser=yes\n');
    expect(text).toContain(`\nEnvironmentFile=-/etc/droplens/${command}.env\n`);
    expect(text).not.toMatch(/^[^#]*PASSWORD/m);
  });
});
