import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { maxLineBytes, parseLine } from '../src/index.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
const block = (language: string): string => readme.split(`\`\`\`${language}\n`)[1]?.split('\n```')[0] ?? '';

it('shows what parseLine gives for its line', () => {
  expect(parseLine(block('text'), { referenceTime: Date.UTC(2026, 10, 21, 9) })).toEqual(JSON.parse(block('json')));
});

it('names the right bound', () => {
  expect(readme).toContain(`longer than ${maxLineBytes / 1024} KiB`);
});
