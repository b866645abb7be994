import type { Engine } from '@droplens/embedded-clickhouse';

/** Runs one statement on an engine as its writer and returns the answer's text. */
export async function ask(engine: Engine, sql: string): Promise<string> {
  const { username, password } = engine.writer;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(`${engine.url}/?database=droplens`, { method: 'POST', headers: { authorization }, body: sql });
  const text = await response.text();
  if (!response.ok) throw new Error(text.trim());
  return text;
}
