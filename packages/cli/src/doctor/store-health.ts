import { DroplensError } from '@droplens/runtime';
import type { StreamStatus, UndercountByCause } from '@droplens/store';
import type { Configuration } from '../config/schema.ts';
import { openStore, type OpenedStore } from '../store/open-store.ts';
import { grouped } from '../terminal/numbers.ts';
import { fail, ok, unknown, warn, type Finding } from './finding.ts';

/** What the store says. */
export interface StoreExamined {
  readonly findings: readonly Finding[];
  /** Event time of the youngest packet stored, milliseconds; null when there is none. */
  readonly lastPacket: number | null;
}

const day = 86_400_000;

/** Whether the store answers, is of this version, and what it knows of streams and of what was never logged. Creates nothing. */
export async function checkStore(config: Configuration, now: number): Promise<StoreExamined> {
  try {
    const opened = await openStore(config, 'ask', { migrate: false });
    if (opened === null)
      return { findings: [ok(`no store in ${config.data} yet: droplens up or droplens import makes it`)], lastPacket: null };
    try {
      return await ask(opened, now);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!(error instanceof DroplensError)) throw error;
    const finding =
      error.code === 'DL_DATA_DIRECTORY'
        ? unknown(`the store: ${error.message}`, error.remedy)
        : fail(`the store: ${error.message} [${error.code}]`, error.remedy);
    return { findings: [finding], lastPacket: null };
  }
}

async function ask({ store, servedBy }: OpenedStore, now: number): Promise<StoreExamined> {
  const began = performance.now();
  await store.ping();
  const answered = `store answers in ${Math.ceil(performance.now() - began)} ms`;
  const pending = await store.pendingMigrations();
  if (pending > 0)
    return {
      findings: [
        warn(
          `${answered}, ${grouped(pending)} migrations are missing`,
          'droplens migrate (droplens up and import do it by themselves)',
        ),
      ],
      lastPacket: null,
    };
  const [overview, missing, streams] = await Promise.all([
    store.overview(now - day),
    store.undercount({ since: now - day }),
    store.statuses(),
  ]);
  const served = servedBy === null ? '' : `, served by process ${servedBy}`;
  const findings: Finding[] = [ok(`${answered}, tables in place${served}; ${grouped(overview.packets)} packets in the last day`)];
  findings.push(...rejectedFindings(streams), ...undercountFindings(missing, overview.packets));
  const times = overview.hosts.map(({ last }) => last).filter((time) => time > 0);
  return { findings, lastPacket: times.length === 0 ? null : Math.max(...times) };
}

/** Reasons that say a record was there and could not be taken; the others are just other programs' lines. */
const telling = new Set([
  'cut',
  'malformed-field',
  'out-of-range',
  'bad-address',
  'unexpected-text',
  'bad-time',
  'time-out-of-range',
  'long-prefix',
  'duplicate-field',
]);

function rejectedFindings(streams: readonly StreamStatus[]): Finding[] {
  return streams.flatMap(({ source, records, rejected }) => {
    const bad = Object.entries(rejected).filter(([reason, count]) => telling.has(reason) && count > 0);
    const count = bad.reduce((sum, [, one]) => sum + one, 0);
    if (count === 0 || count < records / 100) return [];
    const reasons = bad.map(([reason, one]) => `${grouped(one)} ${reason}`).join(', ');
    return [
      warn(
        `${source}: ${grouped(count)} packet lines could not be read (${reasons})`,
        `droplens parse --rejected ${source} shows them`,
      ),
    ];
  });
}

function undercountFindings(causes: readonly UndercountByCause[], packets: number): Finding[] {
  if (causes.length === 0) return [ok('nothing is known to be missing in the last day (no suppression message, no gap)')];
  const missing = causes.reduce((sum, cause) => sum + cause.missing, 0);
  const names = causes.map(({ cause, missing: count }) => (count > 0 ? `${grouped(count)} ${cause}` : cause)).join(', ');
  const part = packets + missing > 0 ? ` (${((missing / (packets + missing)) * 100).toFixed(1)} %)` : '';
  return [
    warn(
      `undercount in the last day: ${grouped(missing)} lines never reached the log${part}: ${names}`,
      'see "Fewer lines than packets" in docs/troubleshooting.md',
    ),
  ];
}

/** `doctor --store`: sends one token twice, and more, through scratch tables of the same shape. */
export async function checkDeduplication(config: Configuration): Promise<readonly Finding[]> {
  const opened = await openStore(config, 'write', { migrate: false });
  if (opened === null) throw new TypeError('a store to write to is always opened');
  try {
    const { holds, version, steps } = await opened.store.proveDeduplication();
    return [
      ...steps.map((step) => {
        const { rows, by_source: bySource, by_port: byPort } = step.found;
        const text = `${step.what}: ${grouped(rows)} rows, ${grouped(bySource)} by source, ${grouped(byPort)} by port, expected ${grouped(step.expected)}`;
        return step.holds ? ok(text) : fail(text, 'rows would be lost or doubled on this database after a crash');
      }),
      holds
        ? ok(`deduplication holds on ClickHouse ${version}`)
        : fail(
            `deduplication does not hold on ClickHouse ${version}`,
            'use ClickHouse 25.8 or newer with the default deduplication settings, or the embedded store',
          ),
    ];
  } finally {
    await opened.close();
  }
}
