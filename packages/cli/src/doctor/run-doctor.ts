import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { examinationText, examine } from './examination.ts';
import { thisMachine } from './machine.ts';

/** `droplens doctor`; the exit code: 1 when something FAILs. */
export async function runDoctor(
  session: Session,
  flags: ConfigurationFlags,
  _options: { readonly store?: boolean },
): Promise<number> {
  const { config } = await loadConfiguration(flags, session.environment);
  const machine = thisMachine(session.environment.uid);
  const examination = await examine(machine, {
    data: config.data,
    files: null,
    store: async () => ({ findings: [], lastPacket: null }),
  });
  const { terminal } = session;
  await terminal.write(examinationText(examination, machine.now, terminal.columns, terminal.paint));
  return examination.findings.some(({ state }) => state === 'FAIL') ? 1 : 0;
}
