import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Session } from '../session.ts';
import { examinationText, examine } from './examination.ts';
import { findingText, type Finding } from './finding.ts';
import { checkGeo } from './geo-health.ts';
import { checkHostKnowledge } from './host-knowledge.ts';
import { thisMachine } from './machine.ts';
import { checkDeduplication, checkStore } from './store-health.ts';

/** `droplens doctor`; the exit code: 1 when something FAILs. */
export async function runDoctor(
  session: Session,
  flags: ConfigurationFlags,
  options: { readonly store?: boolean },
): Promise<number> {
  const { config } = await loadConfiguration(flags, session.environment);
  const { terminal } = session;
  if (options.store === true) {
    const findings = await checkDeduplication(config);
    await terminal.write('does this database store a batch once, however often it is sent?\n');
    await terminal.write(findings.map((finding) => findingText(finding, terminal.columns, terminal.paint)).join(''));
    return codeOf(findings);
  }
  const machine = thisMachine(session.environment.uid);
  const files = config.sources?.flatMap((source) => ('file' in source ? [source.file] : [])) ?? null;
  const examination = await examine(machine, {
    data: config.data,
    files,
    store: async () => {
      const host = await checkHostKnowledge(config);
      const geo = await checkGeo(config, machine.now);
      const { findings, lastPacket } = await checkStore(config, machine.now);
      return { findings: [...host, ...geo, ...findings], lastPacket };
    },
  });
  await terminal.write(examinationText(examination, machine.now, terminal.columns, terminal.paint));
  return codeOf(examination.findings);
}

function codeOf(findings: readonly Finding[]): number {
  return findings.some(({ state }) => state === 'FAIL') ? 1 : 0;
}
