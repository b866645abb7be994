import { join } from 'node:path';
import { openEngine } from '@droplens/embedded-clickhouse';
import { DroplensError } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { Registry } from 'prom-client';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import { interrupted, type Session } from '../session.ts';
import { noteReporter } from '../service/note-reporter.ts';

/** `droplens engine`: the embedded ClickHouse with the tables of droplens, for whoever asks it over HTTP. */
export async function runEngine(
  session: Session,
  flags: ConfigurationFlags,
  options: { readonly listen?: string },
): Promise<void> {
  const { config, origin } = await loadConfiguration(flags, session.environment);
  if (config.store.kind !== 'embedded') {
    throw new DroplensError(
      'DL_CONFIG_INVALID',
      `${origin(['store', 'kind'])}: store.kind is '${config.store.kind}': there is no embedded engine to serve`,
    );
  }
  const { kind: _kind, ...keys } = config.store;
  const reporter = noteReporter(new Registry(), (text) => session.terminal.note(text), session.terminal.paintNote);
  const engine = await openEngine({ ...keys, listen: options.listen ?? keys.listen, directory: config.data, reporter });
  try {
    const store = new Store({ url: engine.url, ...engine.writer, reporter });
    await store.migrate();
    await store.applyRetention(config.retention);
    await store.close();
    await session.terminal.write(
      `ClickHouse over ${join(config.data, 'engine')} at ${engine.url}\n` +
        `  database  droplens\n` +
        `  users     ${engine.writer.username} (may do everything), ${engine.readonly.username} (may only read: for Grafana)\n` +
        `  passwords ${join(config.data, 'engine', 'credentials.json')} (mode 0600)\n` +
        'Ctrl-C ends it\n',
    );
    await interrupted(session.signal);
  } finally {
    await engine.close();
  }
}
