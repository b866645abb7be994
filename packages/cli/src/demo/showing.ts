import type { TopSource } from '@droplens/store';
import { answerTable } from '../query/answer.ts';
import { dossierText } from '../query/dossier-text.ts';
import { topAnswer } from '../query/top-answer.ts';
import type { Session } from '../session.ts';
import type { OpenedStore } from '../store/open-store.ts';

const windowMs = 25 * 3_600_000;

/** What the sample day shows: who is denied most, what they want, one of them in full, and what to type next. */
export async function showDemo(session: Session, { store }: OpenedStore, kept: string | null): Promise<void> {
  const { terminal } = session;
  const { paint } = terminal;
  const now = Date.now();
  const since = now - windowMs;
  const style = { now, utc: false };
  const command = (text: string): string => `${paint('dim', '$')} ${paint('strong', text)}\n`;
  await terminal.write(command('droplens top sources'));
  await terminal.write(`${answerTable(session, await topAnswer(store, 'sources', { since, limit: 10 }, style))}\n`);
  await terminal.write(command('droplens top ports --limit 5'));
  await terminal.write(`${answerTable(session, await topAnswer(store, 'ports', { since, limit: 5 }, style))}\n`);
  const target = mostTelling((await store.topSources({ since, limit: 200 })).rows);
  if (target !== undefined) {
    await terminal.write(command(`droplens source ${target}`));
    await terminal.write(`${dossierText(await store.source(target), { now, utc: false, width: terminal.columns, paint })}\n`);
  }
  const data = kept === null ? '' : ` --data ${kept}`;
  await terminal.write(
    'Next, with your own packets:\n' +
      '  sudo droplens up                      follow this machine’s kernel log\n' +
      '  droplens import /var/log/kern.log*    load what it has logged already\n' +
      '  droplens doctor                       why no lines arrive, if none do\n' +
      (kept === null
        ? '  droplens demo --keep                  this store again, to ask it more\n'
        : `  droplens top ports${data}    more of this store\n`),
  );
}

/** The source whose dossier has most to tell: many ports, over many hours, on all hosts. */
function mostTelling(rows: readonly TopSource[]): string | undefined {
  const weight = ({ ports, hosts, first, last, packets, strays }: TopSource): number =>
    Math.min(ports, 300) * hosts * ((last - first) / 3_600_000 + 0.1) * (1 - strays / packets);
  return rows.reduce<TopSource | undefined>(
    (best, row) => (best === undefined || weight(row) > weight(best) ? row : best),
    undefined,
  )?.source;
}
