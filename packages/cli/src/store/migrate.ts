import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { openStore } from './open-store.ts';

/** `droplens migrate`: tables and retention as this version and the configuration want them. */
export async function runMigrate(session: Session, flags: ConfigurationFlags): Promise<void> {
  const { config } = await loadConfiguration(flags, session.environment);
  const opened = await openStore(config, 'write', { migrate: false });
  if (opened === null) return;
  try {
    const { applied, total } = await opened.store.migrate();
    const changed = await opened.store.applyRetention(config.retention);
    const what = applied === 0 ? 'nothing to do' : `${applied} applied`;
    await session.terminal.write(
      `${what}: ${total} of ${total} migrations are in place${changed.length > 0 ? `; retention set for ${changed.join(', ')}` : ''}\n`,
    );
  } finally {
    await opened.close();
  }
}
