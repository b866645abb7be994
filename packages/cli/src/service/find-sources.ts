import { detectSources, type SourceConfig } from '@droplens/pipeline';
import type { Configuration } from '../config/schema.ts';
import { CommandError } from '../command-error.ts';

/** What is read, and why that. */
export interface FoundSources {
  readonly configs: readonly SourceConfig[];
  /** Which place, and why, for a person. */
  readonly chosen: string;
  readonly why: string;
}

/** The sources of the configuration, else what this machine has. DL_SOURCE_MISSING says why there is none and what to do. */
export async function findSources(config: Configuration): Promise<FoundSources> {
  if (config.sources !== undefined) {
    return { configs: config.sources, chosen: config.sources.map(sourceName).join(', '), why: 'configured' };
  }
  const { sources, chosen, why } = await detectSources();
  if (sources.length === 0) {
    throw new CommandError(
      'DL_SOURCE_MISSING',
      `no kernel log to follow: ${why}`,
      'name one under `sources`, or see what is missing: droplens doctor',
    );
  }
  return { configs: sources, chosen, why };
}

function sourceName(source: SourceConfig): string {
  return 'file' in source ? source.file : (Object.keys(source)[0] ?? '');
}
