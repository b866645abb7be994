import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, DroplensError, type Reporter, writeDurably } from '@droplens/runtime';
import { z } from 'zod';
import type { SourceKind } from './identity.ts';

const version = 1;
const fileSchema = z.strictObject({ version: z.literal(version), sources: z.record(z.string(), z.unknown()) });

/**
 * How far each source has been read and made durable: one JSON file, replaced as a whole. Saved only after the transport has acknowledged
 * what lies before; so it may be behind, never ahead, and what is read again is cut by the ledger.
 */
export class Checkpoint {
  readonly #path: string;
  readonly #reporter: Reporter;
  #sources: Record<string, unknown> = {};
  #damaged = false;
  #saving: Promise<void> | undefined;
  #again: Promise<void> | undefined;

  constructor(directory: string, reporter: Reporter) {
    this.#path = join(directory, 'checkpoint.json');
    this.#reporter = reporter;
  }

  /** True when there was a checkpoint that could not be understood: sources must look for what they may have left unread. */
  get damaged(): boolean {
    return this.#damaged;
  }

  /** Reads the file. A newer version's is DL_CHECKPOINT_NEWER; a damaged one is put aside, said, and everything is read again. */
  async start(): Promise<void> {
    let text: string;
    try {
      await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw diskError(error, 'read', this.#path, 'DL_SOURCE_UNREADABLE');
    }
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      content = undefined;
    }
    const found = z.object({ version: z.int() }).safeParse(content);
    if (found.success && found.data.version > version) {
      throw new DroplensError(
        'DL_CHECKPOINT_NEWER',
        `${this.#path} is of version ${found.data.version}, this droplens knows up to ${version}`,
      );
    }
    const parsed = fileSchema.safeParse(content);
    if (parsed.success) this.#sources = parsed.data.sources;
    else await this.#putAside();
  }

  /** What `kind` saved last, or undefined. A section that does not fit `schema` is damage, too. */
  section<T>(kind: SourceKind, schema: z.ZodType<T>): T | undefined {
    const section = this.#sources[kind];
    if (section === undefined) return undefined;
    const parsed = schema.safeParse(section);
    if (parsed.success) return parsed.data;
    this.#sayDamaged(`section ${kind} of ${this.#path}`);
    return undefined;
  }

  /** Durable when it resolves; saves asked for at the same time share one write. */
  async save(kind: SourceKind, section: unknown): Promise<void> {
    this.#sources[kind] = section;
    if (this.#saving === undefined) {
      this.#saving = this.#write().finally(() => (this.#saving = undefined));
      return this.#saving;
    }
    // The write under way may have begun without our change: one more follows it.
    this.#again ??= this.#saving
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        this.#saving = this.#write().finally(() => (this.#saving = undefined));
        return this.#saving;
      });
    return this.#again;
  }

  async #write(): Promise<void> {
    try {
      await writeDurably(this.#path, `${JSON.stringify({ version, sources: this.#sources })}\n`);
    } catch (error) {
      throw diskError(error, 'write', this.#path, 'DL_SOURCE_UNREADABLE');
    }
  }

  async #putAside(): Promise<void> {
    const aside = `${this.#path}.damaged`;
    try {
      await rename(this.#path, aside);
    } catch (error) {
      throw diskError(error, 'move aside', this.#path, 'DL_SOURCE_UNREADABLE');
    }
    this.#sayDamaged(`${this.#path} (kept as ${aside})`);
  }

  #sayDamaged(what: string): void {
    this.#damaged = true;
    this.#reporter.fail(
      new DroplensError('DL_CHECKPOINT_DAMAGED', `${what} cannot be understood: every source is read again from its start`),
    );
  }
}
