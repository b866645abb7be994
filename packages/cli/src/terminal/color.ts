/** Colours only where they mean something: bad, doubtful, good, secondary, and the thing itself. */
export type Tone = 'bad' | 'warn' | 'good' | 'dim' | 'strong';

const codes: Readonly<Record<Tone, readonly [number, number]>> = {
  bad: [31, 39],
  warn: [33, 39],
  good: [32, 39],
  dim: [2, 22],
  strong: [1, 22],
};

/** Puts a tone around text that is already safe; plain text when colours are off. */
export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_tone, text) => text;

export const colored: Paint = (tone, text) => `\u001b[${codes[tone][0]}m${text}\u001b[${codes[tone][1]}m`;

/** NO_COLOR (any value) forbids, FORCE_COLOR (other than 0) demands, a terminal that can is asked otherwise. */
export function wantsColor(variables: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if ((variables['NO_COLOR'] ?? '') !== '') return false;
  const force = variables['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0';
  return isTerminal && variables['TERM'] !== 'dumb';
}
