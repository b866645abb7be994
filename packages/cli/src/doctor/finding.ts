import { safeText } from '../terminal/safe-text.ts';
import { wrapText } from '../terminal/wrap-text.ts';
import type { Paint, Tone } from '../terminal/color.ts';

/** `ok`; `warn`: works, but not as it should; `FAIL`: keeps lines from arriving; `?`: could not be looked at. */
export type FindingState = 'ok' | 'warn' | 'FAIL' | '?';

/** One thing that was looked at. */
export interface Finding {
  readonly state: FindingState;
  /** What is so, in plain words. */
  readonly text: string;
  /** What to do about it: a command, or a sentence. */
  readonly remedy?: string;
}

export const ok = (text: string): Finding => ({ state: 'ok', text });
export const warn = (text: string, remedy?: string): Finding => ({
  state: 'warn',
  text,
  ...(remedy === undefined ? {} : { remedy }),
});
export const fail = (text: string, remedy: string): Finding => ({ state: 'FAIL', text, remedy });
export const unknown = (text: string, remedy?: string): Finding => ({
  state: '?',
  text,
  ...(remedy === undefined ? {} : { remedy }),
});

const tones: Readonly<Record<FindingState, Tone>> = { ok: 'good', warn: 'warn', FAIL: 'bad', '?': 'dim' };

/** A finding as text: its state, what is so, and on lines of its own what to do. */
export function findingText(finding: Finding, width: number, paint: Paint): string {
  const [head = '', ...rest] = wrapText(safeText(finding.text), width - 9);
  const lines = [`  ${paint(tones[finding.state], finding.state.padEnd(4))}  ${head}`, ...rest.map((line) => `        ${line}`)];
  if (finding.remedy !== undefined)
    wrapText(safeText(finding.remedy), width - 11).forEach((line, index) =>
      lines.push(`        ${index === 0 ? '→' : ' '} ${line}`),
    );
  return `${lines.join('\n')}\n`;
}
