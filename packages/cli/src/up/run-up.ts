import { createReporter, type Reporter } from '@droplens/runtime';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { interrupted, type Session } from '../session.ts';
import { startUp, type Up } from './composition.ts';
import { headerText } from './header.ts';
import { LiveLine } from './live-line.ts';
import { findSources } from '../service/find-sources.ts';
import { machineIdentity } from '../service/machine-identity.ts';
import { noteReporter } from '../service/note-reporter.ts';
import { spoolOf } from '../service/transport-config.ts';
import { StatusLine } from '../terminal/status-line.ts';

/** `droplens up`: runs until a signal, or until something fails that only a person can repair. */
export async function runUp(session: Session, flags: ConfigurationFlags): Promise<void> {
  const loaded = await loadConfiguration(flags, session.environment);
  const { config, origin, file } = loaded;
  const spool = spoolOf(loaded);
  const { terminal } = session;
  const registry = new Registry();
  // the default, every 10 ms, is a third of what an idle process does
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const line = terminal.interactive && terminal.interactiveNotes ? new StatusLine(terminal) : null;
  const reporter: Reporter =
    line === null ? createReporter({ registry }) : noteReporter(registry, (text) => line.interrupt(text), terminal.paintNote);
  await prepareDataDirectory(config.data, session.environment.uid);
  const sources = await findSources(config);
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  failure.catch(() => undefined);
  const id = await machineIdentity(config);
  const up = await startUp({ config, spool, sources: sources.configs, machineId: id, reporter, onFatal: failed });
  const live = new LiveLine(up);
  try {
    reporter.info('started', {
      host: config.host,
      data: config.data,
      configuration: file,
      sources: sources.configs,
      chosen: sources.why,
      admin: up.admin.address,
    });
    if (line !== null) {
      await terminal.write(await headerText(config, origin, sources, up, terminal.columns));
      line.follow((columns) => live.text(columns));
    }
    await Promise.race([interrupted(session.signal), failure]);
  } finally {
    line?.end();
    await live.settled();
    reporter.info('stopping');
    await stopped(up, reporter);
  }
}

async function stopped(up: Up, reporter: Reporter): Promise<void> {
  await up.stop();
  reporter.info('stopped');
}
