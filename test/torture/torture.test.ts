import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Candidate, type Mode, modes, type Outcome, torture } from './rotation.ts';

/** Seconds of each scenario; CI takes the short form. */
const seconds = Number(process.env['DROPLENS_TORTURE_SECONDS'] ?? 3);
const linesPerSecond = Number(process.env['DROPLENS_TORTURE_RATE'] ?? 20_000);
const peers = process.env['DROPLENS_TORTURE_PEERS'] !== '0';
const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').includes('logrotate');
const present = spawnSync('logrotate', ['--version']).error === undefined;

const long = seconds > 10;

/** The short form has what differs most; the long one (`DROPLENS_TORTURE_SECONDS` above 10) all of it. */
const ownModes = (Object.keys(modes) as Mode[]).filter((mode) => long || mode !== 'create, dateext');
const peerScenarios = (['tail-file', '@logdna/tail-file'] as const).flatMap((candidate) =>
  (['create', 'copytruncate'] as const).flatMap((mode) =>
    [false, true].filter((kill) => long || (kill && mode === 'copytruncate')).map((kill) => [candidate, mode, kill] as const),
  ),
);

function show(candidate: Candidate, mode: string, outcome: Outcome): void {
  const { written, survived, lost, doubled, rotations, kills } = outcome;
  process.stdout.write(
    `torture: ${candidate} | ${mode} | ${rotations} rotations, ${kills} kills | ${written} written, ` +
      `${written - survived} destroyed by logrotate | ${lost} lost, ${doubled} doubled\n`,
  );
}

if (!present && !required) {
  process.stdout.write('torture: logrotate is missing, nothing is rotated here; get it with: apt-get install logrotate\n');
}

describe.runIf(present || required)('a log that is rotated while it is written and followed', () => {
  it('has logrotate to rotate it', () => {
    expect(present, 'logrotate is missing; get it with: apt-get install logrotate').toBe(true);
  });

  it.each(ownModes)('loses and doubles nothing: %s, the follower killed', async (mode) => {
    const outcome = await torture({ candidate: 'droplens', mode, seconds, linesPerSecond, kill: true });
    show('droplens', mode, outcome);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
    expect(outcome.survived).toBeGreaterThan(0);
  });

  it.runIf(peers).each(peerScenarios)('measures %s by the same: %s, killed: %s', async (candidate, mode, kill) => {
    const outcome = await torture({ candidate, mode, seconds, linesPerSecond, kill });
    show(candidate, mode, outcome);
    expect(outcome.survived).toBeGreaterThan(0);
  });
});
