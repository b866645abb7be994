import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one insert into the data tables on its way to the database. */
export type InsertFault = 'cut-body' | 'swallow-response' | 'delay-response';

/** HTTP between loaders and the database that can hurt inserts: the client sees what a broken network would show it. */
export class FaultProxy {
  readonly #server: Server;
  /** Port of the database. */
  readonly #target: number;
  #fault: { kind: InsertFault; delayMs: number } | null = null;
  /** Inserts into the data tables that have begun and are not answered. */
  active = 0;
  /** Inserts that were hurt. */
  hurt = 0;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next insert suffers this. */
  arm(kind: InsertFault, delayMs = 0): void {
    this.#fault = { kind, delayMs };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const isInsert = decodeURIComponent((incoming.url ?? '').replaceAll('+', ' ')).includes('INSERT INTO drops_in');
    const fault = isInsert ? this.#fault : null;
    if (fault !== null) {
      this.#fault = null;
      this.hurt += 1;
    }
    if (isInsert) this.active += 1;
    const { method, url, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: this.#target, method, path: url, headers }, (answer) => {
      const reply = (): void => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      };
      if (fault?.kind === 'swallow-response') answer.resume();
      else if (fault?.kind === 'delay-response') setTimeout(reply, fault.delayMs);
      else reply();
    });
    outgoing.once('close', () => {
      if (isInsert) this.active -= 1;
      // the client has gone away: so do we, but for a response that is to be swallowed, which must have been asked for
      if (fault === null) onward.destroy();
    });
    onward.on('error', () => outgoing.destroy());
    if (fault?.kind !== 'cut-body') {
      incoming.pipe(onward);
      return;
    }
    let passed = 0;
    incoming.on('data', (chunk: Buffer) => {
      const half = chunk.subarray(0, Math.max(1, Math.floor(chunk.length / 2)));
      passed += half.length;
      onward.write(half, () => {
        onward.destroy();
        incoming.destroy();
      });
    });
  }
}
