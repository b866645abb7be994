import { span } from '../terminal/numbers.ts';
import type { Paint } from '../terminal/color.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import { findingText, type Finding } from './finding.ts';
import { checkKernelLogging } from './kernel-logging.ts';
import { checkLogSources } from './log-sources.ts';
import { checkLoggingRules } from './logging-rules.ts';
import { checkClock, checkDisk } from './machine-health.ts';
import type { Machine } from './machine.ts';
import { checkSyslogRouting } from './syslog-routing.ts';

/** What is examined besides the machine itself. */
export interface ExaminationOptions {
  readonly data: string;
  /** Log files of the configuration; null when droplens finds its sources itself. */
  readonly files: readonly string[] | null;
  /** Looks at the store: what it found, and the time of the youngest packet stored. */
  readonly store: () => Promise<{ findings: readonly Finding[]; lastPacket: number | null }>;
}

/** All that was looked at, in the packets' order, and when the last packet line was seen. */
export interface Examination {
  readonly findings: readonly Finding[];
  readonly lastLine: number | null;
}

/** Follows a packet from the kernel to the store and says at each step what is so. */
export async function examine(machine: Machine, options: ExaminationOptions): Promise<Examination> {
  const kernel = await checkKernelLogging(machine);
  const rules = await checkLoggingRules(machine);
  const routing = await checkSyslogRouting(machine, rules.logging);
  const sources = await checkLogSources(machine, options.files);
  const disk = await checkDisk(machine, options.data);
  const store = await options.store();
  const times = [sources.lastLine, store.lastPacket].filter((time) => time !== null);
  return {
    findings: [...kernel, ...rules.findings, ...routing, ...sources.findings, checkClock(machine), disk, ...store.findings],
    lastLine: times.length === 0 ? null : Math.max(...times),
  };
}

const hour = 3_600_000;

/** The examination as text: whether lines arrive, then what was looked at. */
export function examinationText({ findings, lastLine }: Examination, now: number, width: number, paint: Paint): string {
  const verdict =
    lastLine === null
      ? 'no drop line seen anywhere.'
      : now - lastLine > hour
        ? `no drop line in the last hour; the last one came ${span(now - lastLine)} ago.`
        : `drop lines arrive; the last one came ${span(now - lastLine)} ago.`;
  const failed = findings.filter(({ state }) => state === 'FAIL').length;
  const arrives = lastLine !== null && now - lastLine <= hour;
  const what = failed === 1 ? 'one thing' : `${failed} things`;
  const keeps = arrives
    ? `${what} may keep new ones from coming`
    : `${what} ${failed === 1 ? 'keeps' : 'keep'} lines from arriving`;
  const last = `${arrives ? 'lines came within the hour, but ' : ''}${keeps}; the first FAIL is the one to begin with.`;
  const end = failed === 0 ? '' : `\n${wrapText(last, width - 1).join('\n')}\n`;
  return `${wrapText(verdict, width - 1).join('\n')}\nWhat I looked at, in the packets' order:\n${findings.map((finding) => findingText(finding, width, paint)).join('')}${end}`;
}
