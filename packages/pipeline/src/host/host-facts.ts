import { join } from 'node:path';
import { pause, type Component, type Reporter } from '@droplens/runtime';
import { factNames, type KnownFacts, type TransportWriter } from '@droplens/transport';
import { Announcement } from './announcement.ts';
import type { HostFactsConfig } from './config.ts';
import { HostMemory } from './host-memory.ts';
import { createHostFactsMetrics, type HostFactsMetrics } from './metrics.ts';
import { readHost } from './read-host.ts';
import { ServedPorts } from './served-ports.ts';

const dayMs = 86_400_000;

export interface HostFactsOptions {
  readonly config: HostFactsConfig;
  /** The host's name in the history. */
  readonly host: string;
  /** Where it remembers whom it contacted. */
  readonly directory: string;
  readonly writer: TransportWriter;
  readonly reporter: Reporter;
  /** What `/proc`, `/etc` and `/run` are below; for tests. */
  readonly root?: string;
}

/**
 * Finds out what this host knows of itself (own addresses, gateways, resolvers, listening ports, remotes it contacted) and publishes it when
 * something changed. Whatever is in its way is said and tried again: it never ends the process.
 */
export class HostFacts implements Component {
  readonly #options: HostFactsOptions;
  readonly #memory: HostMemory;
  readonly #announcement: Announcement;
  readonly #served = new ServedPorts();
  readonly #metrics: HostFactsMetrics;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: HostFactsOptions) {
    this.#options = options;
    this.#memory = new HostMemory(join(options.directory, 'memory.json'), options.config.remember_days * dayMs);
    this.#announcement = new Announcement(options.host);
    this.#metrics = createHostFactsMetrics(options.reporter.registry);
  }

  /** Begins to look; nothing when it is switched off. */
  async start(): Promise<void> {
    if (!this.#options.config.enabled) return;
    await this.#try(() => this.#memory.load(Date.now()));
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends after the look under way and makes durable what is remembered. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#running = Promise.resolve();
    await this.#try(() => this.#memory.save(performance.now(), true));
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#try(() => this.#look(signal));
      await this.#try(() => this.#memory.save(performance.now()));
      await pause(this.#options.config.interval_seconds * 1000, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { config, root, writer } = this.#options;
    const memory = this.#memory;
    const end = this.#metrics.seconds.startTimer();
    const reading = await readHost({
      contacted: config.contacted,
      lately: (proto, port) => memory.served(proto, port),
      ...(root === undefined ? {} : { root }),
    });
    end();
    const listening = this.#served.of(reading.facts.listening, reading.ephemeral);
    const facts = { ...reading.facts, listening };
    const now = Date.now();
    this.#metrics.forgotten.inc(memory.remember(reading.contacted, listening, now));
    this.#measure(facts);
    const rows = this.#announcement.rows(facts, memory.contacted(), now, performance.now());
    if (rows.length === 0) return;
    // what does not fit now is said later, by then up to date
    await writer.append({ blocks: [], undercounts: [], statuses: [], hosts: rows }, { whenFull: 'reject', signal });
    this.#announcement.published(rows, performance.now());
    this.#metrics.published.inc();
  }

  #measure(facts: KnownFacts): void {
    for (const fact of factNames) {
      this.#metrics.entries.set({ fact }, fact === 'contacted' ? this.#memory.size : facts[fact].length);
      this.#metrics.absent.set({ fact }, facts.absent[fact] === undefined ? 0 : 1);
    }
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#options.reporter.fail(error);
    }
  }
}
