import { createReporter, type Reporter } from '@droplens/runtime';
import { readMachineId } from '@droplens/pipeline';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { interrupted, type Session } from '../session.ts';
import { startUp, type Up } from './composition.ts';
import { headerText } from './header.ts';
import { LiveLine } from './live-line.ts';
import { findSources } from './find-sources.ts';
import { noteReporter } from './note-reporter.ts';

/** `droplens up`: runs until a signal, or until something fails that only a person can repair. */
export async function runUp(session: Session, flags: ConfigurationFlags): Promise<void> {
  const { config, origin, file } = await loadConfiguration(flags, session.environment);
  const { terminal } = session;
  const registry = new Registry();
  // the default, every 10 ms, is a third of what an idle process does
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const line = terminal.interactive ? new LiveLine(terminal) : null;
  const reporter: Reporter =
    line === null ? createReporter({ registry }) : noteReporter(registry, (text) => line.interrupt(text), terminal.paintNote);
  await prepareDataDirectory(config.data, session.environment.uid);
  const sources = await findSources(config);
  let failed: (error: unknown) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => (failed = reject));
  failure.catch(() => undefined);
  const id = await readMachineId();
  const up = await startUp({ config, sources: sources.configs, machineId: id, reporter, onFatal: failed });
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
      line.follow(up);
    }
    await Promise.race([interrupted(session.signal), failure]);
  } finally {
    await line?.end();
    reporter.info('stopping');
    await stopped(up, reporter);
  }
}

async function stopped(up: Up, reporter: Reporter): Promise<void> {
  await up.stop();
  reporter.info('stopped');
}
