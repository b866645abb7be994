import { open, readFile, stat, unlink, type FileHandle } from 'node:fs/promises';

/** A piece of a result as it is sent on. */
const pieceBytes = 256 * 1024;
/** How often a result that still grows is looked at, in milliseconds. */
const pollMs = 20;

/**
 * A query's result on its way to the client: the engine writes it to a file, the endpoint reads behind it. So a slow client
 * holds neither a session nor memory, every format streams, and a query that fails early has sent nothing.
 */
export class ResultFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes written so far. */
  async size(): Promise<number> {
    const found = await stat(this.path).catch(() => null);
    return found?.size ?? 0;
  }

  /** Waits until the writer is done or has written `bytes`; `look` sees the size at every look. */
  async grown(bytes: number, writer: Writer, look: (size: number) => void): Promise<void> {
    while (!writer.done) {
      await writer.wait(pollMs);
      const size = await this.size();
      look(size);
      if (size >= bytes) return;
    }
  }

  /** The whole content, once the writer is done. */
  async content(): Promise<Buffer> {
    return await readFile(this.path);
  }

  /** The content, piece by piece, up to where the writer stops. */
  async *pieces(writer: Writer, look: (size: number) => void): AsyncGenerator<Buffer> {
    const file = await open(this.path, 'r').catch(() => null);
    if (file === null) return;
    try {
      yield* this.#read(file, writer, look);
    } finally {
      await file.close();
    }
  }

  async *#read(file: FileHandle, writer: Writer, look: (size: number) => void): AsyncGenerator<Buffer> {
    let position = 0;
    for (;;) {
      // Asked before reading: what is written after the read then belongs to the next round.
      const { done } = writer;
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
      if (bytesRead > 0) {
        position += bytesRead;
        if (!done) look(await this.size());
        yield buffer.subarray(0, bytesRead);
      } else if (done) {
        return;
      } else {
        await writer.wait(pollMs);
      }
    }
  }

  async remove(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }
}

/** The query that writes the file. */
export class Writer {
  readonly #settled: Promise<unknown>;
  #done = false;

  constructor(query: Promise<unknown>) {
    const finish = (): void => {
      this.#done = true;
    };
    this.#settled = query.then(finish, finish);
  }

  get done(): boolean {
    return this.#done;
  }

  /** Resolves when the query is over, or after `ms`. */
  async wait(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#settled, timeout]);
    clearTimeout(timer);
  }
}
