import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '@droplens/runtime';
import { z } from 'zod';
import type { Credentials } from './credentials.ts';

const endpointSchema = z.object({
  url: z.string(),
  pid: z.int().positive(),
  since: z.string(),
  instance: z.string(),
});

/** Where the engine of a data directory listens, written by the process that holds it. */
export type Endpoint = z.output<typeof endpointSchema>;

/** What findEngine answers. */
export interface FoundEngine extends Endpoint, Credentials {}

function pathOf(directory: string): string {
  return join(directory, 'endpoint.json');
}

export async function writeEndpoint(directory: string, endpoint: Endpoint): Promise<void> {
  await writeDurably(pathOf(directory), `${JSON.stringify(endpoint, null, 2)}\n`);
}

/** The endpoint last written, whether its process lives or not; null when there is none or it is damaged. */
export async function readEndpoint(directory: string): Promise<Endpoint | null> {
  const text = await readFile(pathOf(directory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  try {
    return endpointSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function removeEndpoint(directory: string): Promise<void> {
  await unlink(pathOf(directory)).catch(() => undefined);
}

/** Whether the very engine that wrote this file answers: another program may have got its port or its process id since. */
export async function answers(endpoint: Endpoint, timeoutMs = 1000): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint.url}/ping`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok && response.headers.get('x-droplens-instance') === endpoint.instance;
  } catch {
    return false;
  }
}
