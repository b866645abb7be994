import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@droplens/runtime';
import { z } from 'zod';

/** One account of the endpoint. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** The two accounts of an engine: `droplens` may do everything, `grafana` may only read. */
export interface Credentials {
  readonly writer: Account;
  readonly readonly: Account;
}

/** What a request may do. */
export type Role = 'writer' | 'readonly';

const accountSchema = z.object({ username: z.string().min(1), password: z.string().min(16) });
const credentialsSchema = z.object({ writer: accountSchema, readonly: accountSchema });

function pathOf(directory: string): string {
  return join(directory, 'credentials.json');
}

/** The passwords kept in `directory`; null when there are none or the file is damaged. */
export async function readCredentials(directory: string): Promise<Credentials | null> {
  const kept = await readFile(pathOf(directory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const parsed = credentialsSchema.safeParse(parseJson(kept));
  return parsed.success ? parsed.data : null;
}

/** Reads the passwords kept in `directory`, or makes new ones; the file has mode 0600 whatever it had before. */
export async function keepCredentials(directory: string): Promise<Credentials> {
  const kept = await readCredentials(directory);
  if (kept !== null) {
    await chmod(pathOf(directory), 0o600);
    return kept;
  }
  const account = (username: string): Account => ({ username, password: randomBytes(24).toString('base64url') });
  const credentials = { writer: account('droplens'), readonly: account('grafana') };
  await writeDurably(pathOf(directory), `${JSON.stringify(credentials, null, 2)}\n`);
  return credentials;
}

/** JSON or undefined: a damaged file is replaced, not a reason to fail. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Says whose credentials these are; takes the same time for every wrong answer, so nothing is learnt by measuring. */
export function authenticate(credentials: Credentials, given: Account | null): Role | null {
  const attempt = digest(given ?? { username: '', password: '' });
  const writer = timingSafeEqual(attempt, digest(credentials.writer));
  const readonly = timingSafeEqual(attempt, digest(credentials.readonly));
  if (given === null) return null;
  if (writer) return 'writer';
  return readonly ? 'readonly' : null;
}

function digest(account: Account): Buffer {
  return createHash('sha256').update(`${account.username.length}:${account.username}:${account.password}`).digest();
}
