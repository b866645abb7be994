import { factNames, type FactName } from '@droplens/transport';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface HostFactsMetrics {
  readonly entries: Gauge<'fact'>;
  readonly absent: Gauge<'fact'>;
  readonly published: Counter;
  readonly forgotten: Counter;
  readonly seconds: Histogram;
}

export function createHostFactsMetrics(registry: Registry): HostFactsMetrics {
  const registers = [registry];
  const facts = factNames satisfies readonly FactName[];
  const absent = new Gauge<'fact'>({
    name: 'droplens_host_facts_absent',
    help: `1 when a fact of this host cannot be found out, or not all of it; \`droplens doctor\` says why: ${facts.join(', ')}.`,
    labelNames: ['fact'],
    registers,
  });
  return {
    absent,
    entries: new Gauge<'fact'>({
      name: 'droplens_host_facts_entries',
      help: 'How many addresses, ports or remotes are known of a fact.',
      labelNames: ['fact'],
      registers,
    }),
    published: new Counter({
      name: 'droplens_host_facts_published_total',
      help: 'How often this host said what it knows of itself.',
      registers,
    }),
    forgotten: new Counter({
      name: 'droplens_host_facts_forgotten_remotes_total',
      help: 'Contacted remotes forgotten before their time, because more were contacted than are remembered.',
      registers,
    }),
    seconds: new Histogram({
      name: 'droplens_host_facts_reading_seconds',
      help: 'Time to read the facts of this host.',
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
      registers,
    }),
  };
}
