import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DroplensError } from '../src/errors.ts';
import { createReporter, type Reporter } from '../src/reporter.ts';

function recording(): { reporter: Reporter; lines: () => Record<string, unknown>[]; registry: Registry } {
  const registry = new Registry();
  const written: string[] = [];
  const reporter = createReporter({ registry, level: 'debug', destination: { write: (line) => void written.push(line) } });
  return { reporter, registry, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createReporter', () => {
  it('names the component, from parent to child', () => {
    const { reporter, lines } = recording();
    reporter.child('collector').child('file').info('following', { path: '/var/log/kern.log' });
    expect(lines()).toMatchObject([{ component: 'collector.file', path: '/var/log/kern.log', msg: 'following' }]);
  });

  it('counts every failure by component and code', async () => {
    const { reporter, registry } = recording();
    reporter.child('spool').fail(new DroplensError('DL_DISK_FULL', '/data: no space left'));
    reporter.child('spool').fail(new DroplensError('DL_DISK_FULL', '/data: no space left'));
    reporter.fail(new TypeError('x is not a function'));
    const { values } = await registry.getSingleMetric('droplens_errors_total')!.get();
    expect(values).toEqual([
      { labels: { component: 'spool', code: 'DL_DISK_FULL' }, value: 2 },
      { labels: { component: 'droplens', code: 'DL_INTERNAL' }, value: 1 },
    ]);
  });

  it('logs a repeated failure once, with code and remedy, and a different one at once', () => {
    const { reporter, lines } = recording();
    for (let i = 0; i < 3; i += 1) reporter.fail(new DroplensError('DL_DISK_FULL', '/data: no space left'));
    reporter.fail(new DroplensError('DL_DISK_FULL', '/spool: no space left'));
    expect(lines().map((line) => [line['level'], line['code'], line['msg'], typeof line['remedy']])).toEqual([
      [40, 'DL_DISK_FULL', '/data: no space left', 'string'],
      [40, 'DL_DISK_FULL', '/spool: no space left', 'string'],
    ]);
  });

  it('logs what needs a human as an error, and the stack only of what nobody foresaw', () => {
    const { reporter, lines } = recording();
    reporter.fail(new DroplensError('DL_CONFIG_INVALID', 'transport.brokrs: unknown key'));
    reporter.fail(new TypeError('x is not a function'));
    expect(lines().map((line) => [line['level'], line['code'], 'stack' in line])).toEqual([
      [50, 'DL_CONFIG_INVALID', false],
      [50, 'DL_INTERNAL', true],
    ]);
  });
});
