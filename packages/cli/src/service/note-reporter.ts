import { createReporter, type Reporter } from '@droplens/runtime';
import type { Registry } from 'prom-client';
import type { Paint } from '../terminal/color.ts';
import { safeText } from '../terminal/safe-text.ts';

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly repeated?: number;
}

/** A reporter for a person at a terminal: warnings and errors only, in the form of all our errors. */
export function noteReporter(registry: Registry, note: (text: string) => void, paint: Paint): Reporter {
  const write = (text: string): void => {
    const { level, msg, code, remedy, repeated } = JSON.parse(text) as LogLine;
    const name = paint(level >= 50 ? 'bad' : 'warn', 'droplens:');
    const tail = `${code === undefined ? '' : ` ${paint('dim', `[${code}]`)}`}${repeated === undefined ? '' : ` (and ${repeated} times more)`}`;
    note(`${name} ${safeText(msg)}${tail}\n${remedy === undefined ? '' : `  ${safeText(remedy)}\n`}`);
  };
  return createReporter({ registry, level: 'warn', destination: { write } });
}
