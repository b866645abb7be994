import { pino, type Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { DroplensError, type ErrorCode } from './errors.ts';

/** What every component gets to speak through: structured log lines, and failures that are counted and logged together. */
export interface Reporter {
  /** debug: never per record; info: start, stop, a change of state; warn: unexpected and recovered; error: a human is needed. */
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Counts the failure in `droplens_errors_total{component,code}` and logs it, sampled, so the two cannot drift apart. */
  fail(error: unknown, fields?: Fields): void;
  /** A reporter for a part: `collector` → `collector.file`. */
  child(component: string): Reporter;
  /** Where this component registers its metrics. */
  readonly registry: Registry;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Same failure again within this time: counted, not logged; the next line says how many were held back. */
const sampleWindowMs = 10_000;

/** Creates a process's root reporter: pino JSON lines to `destination` (stdout by default) and counters in `registry`. */
export function createReporter(options: {
  registry: Registry;
  level?: string;
  destination?: { write(line: string): void };
}): Reporter {
  const settings = { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger = options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  const errors = new Counter({
    name: 'droplens_errors_total',
    help: 'Failures by component and error code (docs/errors.md); a code outside the table counts as DL_INTERNAL.',
    labelNames: ['component', 'code'],
    registers: [options.registry],
  });
  return new PinoReporter(logger, 'droplens', options.registry, errors);
}

class PinoReporter implements Reporter {
  readonly registry: Registry;
  readonly #logger: Logger;
  readonly #component: string;
  readonly #errors: Counter<'component' | 'code'>;
  readonly #samples = new Map<string, { until: number; held: number }>();

  constructor(logger: Logger, component: string, registry: Registry, errors: Counter<'component' | 'code'>) {
    this.#logger = logger;
    this.#component = component;
    this.registry = registry;
    this.#errors = errors;
  }

  debug(message: string, fields: Fields = {}): void {
    this.#logger.debug({ component: this.#component, ...fields }, message);
  }
  info(message: string, fields: Fields = {}): void {
    this.#logger.info({ component: this.#component, ...fields }, message);
  }
  warn(message: string, fields: Fields = {}): void {
    this.#logger.warn({ component: this.#component, ...fields }, message);
  }
  error(message: string, fields: Fields = {}): void {
    this.#logger.error({ component: this.#component, ...fields }, message);
  }

  fail(error: unknown, fields: Fields = {}): void {
    const known = error instanceof DroplensError;
    const code: ErrorCode = known ? error.code : 'DL_INTERNAL';
    this.#errors.inc({ component: this.#component, code });
    const message = error instanceof Error ? error.message : String(error);
    const key = `${code} ${message}`;
    const now = Date.now();
    const sample = this.#samples.get(key);
    if (sample !== undefined && now < sample.until) {
      sample.held += 1;
      return;
    }
    if (this.#samples.size > 1000) this.#samples.clear();
    this.#samples.set(key, { until: now + sampleWindowMs, held: 0 });
    const line: Record<string, unknown> = { component: this.#component, code, ...fields };
    if (known) line['remedy'] = error.remedy;
    else if (error instanceof Error) line['stack'] = error.stack;
    if (sample !== undefined && sample.held > 0) line['repeated'] = sample.held;
    if (known && error.disposition !== 'fatal') this.#logger.warn(line, message);
    else this.#logger.error(line, message);
  }

  child(component: string): Reporter {
    const name = this.#component === 'droplens' ? component : `${this.#component}.${component}`;
    return new PinoReporter(this.#logger, name, this.registry, this.#errors);
  }
}
