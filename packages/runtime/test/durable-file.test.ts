import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDurably } from '../src/durable-file.ts';

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'droplens-'))));
afterEach(() => rmSync(directory, { recursive: true }));

describe('writeDurably', () => {
  it('replaces the whole content and keeps the file private', async () => {
    const path = join(directory, 'state.json');
    await writeDurably(path, 'a long first content');
    await writeDurably(path, 'short');
    expect(readFileSync(path, 'utf8')).toBe('short');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['state.json']);
  });

  it('leaves the old content when the new one cannot be written', async () => {
    const path = join(directory, 'state.json');
    await writeDurably(path, 'old');
    const unwritable = { [Symbol.toPrimitive]: 1 } as unknown as string;
    await expect(writeDurably(path, unwritable)).rejects.toThrow(TypeError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['state.json']);
  });
});
