import { createReporter, type Reporter } from '@droplens/runtime';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { loadConfiguration, type ConfigurationFlags, type LoadedConfiguration } from '../config/load.ts';
import { programVersion } from '../program.ts';
import { interrupted, type Session } from '../session.ts';
import { safeText } from '../terminal/safe-text.ts';
import { StatusLine } from '../terminal/status-line.ts';
import { noteReporter } from './note-reporter.ts';

/** What a service is started with. */
export interface ServiceOptions {
  readonly loaded: LoadedConfiguration;
  readonly reporter: Reporter;
  /** Told when a part has failed for good: the process is to end. */
  readonly onFatal: (error: unknown) => void;
}

/** A service that runs. */
export interface Service {
  /** What it says once in a terminal: names and values, a line each. */
  readonly header: readonly (readonly [name: string, value: string])[];
  /** The same for a log. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What it says again and again in a terminal. */
  status(columns: number): string;
  stop(): Promise<void>;
}

/** Runs a service of a fleet until a signal, or until something fails that only a person can repair: a live line in a terminal, JSON as a service. */
export async function runService(
  session: Session,
  flags: ConfigurationFlags,
  start: (options: ServiceOptions) => Promise<Service>,
): Promise<void> {
  const loaded = await loadConfiguration(flags, session.environment);
  const { terminal } = session;
  const registry = new Registry();
  // the default, every 10 ms, is a third of what an idle process does
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const line = terminal.interactive && terminal.interactiveNotes ? new StatusLine(terminal) : null;
  const reporter =
    line === null ? createReporter({ registry }) : noteReporter(registry, (text) => line.interrupt(text), terminal.paintNote);
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  failure.catch(() => undefined);
  const service = await start({ loaded, reporter, onFatal: failed });
  try {
    reporter.info('started', { host: loaded.config.host, configuration: loaded.file, ...service.fields });
    if (line !== null) {
      const lines = service.header.map(([name, value]) => `  ${name.padEnd(8)} ${safeText(value)}`);
      await terminal.write(`droplens ${programVersion()} on ${safeText(loaded.config.host)}\n${lines.join('\n')}\n\n`);
      line.follow((columns) => service.status(columns));
    }
    await Promise.race([interrupted(session.signal), failure]);
  } finally {
    line?.end();
    reporter.info('stopping');
    await service.stop();
    reporter.info('stopped');
  }
}
