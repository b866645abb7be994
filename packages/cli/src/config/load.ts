import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DroplensError } from '@droplens/runtime';
import type { z } from 'zod';
import type { Environment } from '../environment.ts';
import { environmentLayer, type EnvironmentLayer } from './environment-layer.ts';
import { explainIssues, mistakeText } from './explain.ts';
import { fileLayer } from './file-layer.ts';
import { mergeSections, setAt, type Layer, type Path } from './layer.ts';
import { configurationSchema, type Configuration } from './schema.ts';

/** Settings given on the command line. */
export interface ConfigurationFlags {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
}

/** A configuration in force, and where each of its values comes from. */
export interface LoadedConfiguration {
  /** Deep-frozen. */
  readonly config: Configuration;
  /** The file that was read; null when there is none. */
  readonly file: string | null;
  /** `default`, `droplens.yaml:7`, `DROPLENS_STORE__LISTEN`, `--data`. */
  readonly origin: (path: Path) => string;
}

const defaultFile = '/etc/droplens/droplens.yaml';

/**
 * Defaults < file < environment < flags, checked against the one schema. DL_CONFIG_INVALID lists every mistake with its place;
 * a value that is not given in any layer is the schema's default.
 */
export async function loadConfiguration(flags: ConfigurationFlags, environment: Environment): Promise<LoadedConfiguration> {
  const { variables } = environment;
  const asked = flags.config ?? (variables['DROPLENS_CONFIG'] || undefined);
  const file = asked ?? defaultFile;
  const fromFile = await fileLayer(file, asked !== undefined);
  const fromEnvironment = environmentLayer(variables);
  const fromFlags = flagLayer(flags);
  const layers = [fromFlags, fromEnvironment, ...(fromFile === null ? [] : [fromFile])];
  const given = layers.reduceRight<Record<string, unknown>>((below, layer) => mergeSections(below, layer.values), {});
  const origin = (path: Path): string | undefined => {
    for (const layer of layers) {
      const place = layer.origin(path);
      if (place !== undefined) return place;
    }
    return undefined;
  };
  const parsed = validate(given, fromEnvironment, origin);
  const config = {
    ...parsed,
    host: parsed.host ?? hostname(),
    data: resolve(parsed.data ?? defaultData(environment)),
  };
  return { config: deepFreeze(config), file: fromFile === null ? null : file, origin: (path) => origin(path) ?? 'default' };
}

function flagLayer(flags: ConfigurationFlags): Layer {
  const values = flags.data === undefined ? {} : { data: flags.data };
  return {
    values,
    origin: (path) => (flags.data !== undefined && path.length === 1 && path[0] === 'data' ? '--data' : undefined),
  };
}

function validate(
  given: Record<string, unknown>,
  fromEnvironment: EnvironmentLayer,
  origin: (path: Path) => string | undefined,
): z.output<typeof configurationSchema> {
  const first = configurationSchema.safeParse(given);
  if (first.success) return first.data;
  // what looks like a number in a variable may be text all the same
  let values = given;
  for (const issue of first.error.issues) {
    const raw =
      issue.code === 'invalid_type' && issue.expected === 'string' ? fromEnvironment.rawText(issue.path as Path) : undefined;
    if (raw === undefined) continue;
    values = structuredClone(values);
    setAt(values, issue.path as string[], raw);
  }
  const second = values === given ? first : configurationSchema.safeParse(values);
  if (second.success) return second.data;
  const mistakes = explainIssues(second.error.issues, values, configurationSchema).map((mistake) => {
    // what is missing has no place; its section has
    const place = origin(mistake.path) ?? origin(mistake.path.slice(0, -1));
    return place === undefined ? mistakeText(mistake) : `${place}: ${mistakeText(mistake)}`;
  });
  throw new DroplensError('DL_CONFIG_INVALID', [...new Set(mistakes)].join('\n'));
}

function defaultData({ variables, uid }: Environment): string {
  if (uid === 0) return '/var/lib/droplens';
  const state = variables['XDG_STATE_HOME'];
  // the specification: a relative path is invalid and to be ignored
  return state !== undefined && isAbsolute(state)
    ? join(state, 'droplens')
    : join(variables['HOME'] || homedir(), '.local/state/droplens');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** The flags' part of a command's options. */
export function configurationFlags(options: { readonly config?: string; readonly data?: string }): ConfigurationFlags {
  return { config: options.config, data: options.data };
}
