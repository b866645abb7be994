import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `sql/` of this package: beside `src` in the repository and beside `dist` in the published package. */
export const sqlDirectory = fileURLToPath(new URL('../sql/', import.meta.url));

const texts = new Map<string, string>();

/** Texts of `sql/queries/` that others share; `$name` in them stands for it. */
const parts = ['filter', 'hourly-sources', 'hourly', 'ports', 'group', 'code', 'wanted'] as const;

/** A statement of `sql/queries/` by its file's name without `.sql`; comments are removed, shared parts are filled in. */
export function statement(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = withoutComments(readFileSync(`${sqlDirectory}queries/${name}.sql`, 'utf8')).trim();
    for (const part of parts) {
      if (text.includes(`$${part}`)) text = text.replaceAll(`$${part}`, () => statement(part));
    }
    texts.set(name, text);
  }
  return text;
}

/** Names of all statements in `sql/queries/`. */
export function statementNames(): string[] {
  return readdirSync(`${sqlDirectory}queries`)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
}

/** Removes whole-line `--` comments, the only kind our SQL files have. */
export function withoutComments(sql: string): string {
  return sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n');
}

/** The statements of a migration: each ends in a line that ends with `;`. */
export function splitStatements(sql: string): string[] {
  return withoutComments(sql)
    .split(/;[ \t]*(?:\n|$)/)
    .map((text) => text.trim())
    .filter((text) => text !== '');
}
