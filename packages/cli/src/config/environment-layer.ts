import { parse } from 'yaml';
import { CommandError } from '../command-error.ts';
import { setAt, valueAt, type Layer, type Path } from './layer.ts';

const mark = 'DROPLENS_';

/**
 * Variables with our mark that are no settings: the file's place, what the test suites look at, and what Kubernetes puts
 * into every container when a service is called droplens.
 */
const otherVariables =
  /^(CONFIG|(TEST|CHAOS|BENCH|KERNEL|TORTURE|FUZZ|CRASHES|FAILPOINT)(_.*)?|SERVICE_(HOST|PORT.*)|PORT(_\d+_(TCP|UDP)(_.*)?)?)$/;

/** `DROPLENS_STORE__LISTEN=127.0.0.1:0` → `store.listen`; a value is a YAML scalar, list or mapping. */
export interface EnvironmentLayer extends Layer {
  /** The variable's own text at `path`, for settings that are text whatever they look like (a password of digits). */
  rawText(path: Path): string | undefined;
}

export function environmentLayer(variables: Readonly<Record<string, string | undefined>>): EnvironmentLayer {
  const values: Record<string, unknown> = {};
  const settings = Object.entries(variables)
    .filter(([name, value]) => name.startsWith(mark) && (value ?? '') !== '' && !otherVariables.test(name.slice(mark.length)))
    .map(([name, value]) => ({ name, text: value ?? '', path: name.slice(mark.length).toLowerCase().split('__') }))
    // a whole section first, then its single keys over it
    .sort((a, b) => a.path.length - b.path.length || (a.name < b.name ? -1 : 1));
  for (const { name, text, path } of settings) {
    if (path.some((part) => !/^[a-z][a-z0-9_]*$/.test(part) || part.endsWith('_'))) {
      throw new CommandError(
        'DL_CONFIG_INVALID',
        `${name}: no setting has such a name`,
        'names are DROPLENS_SECTION__KEY, as in docs/configuration.md',
      );
    }
    setAt(values, path, valueOf(text, name));
  }
  const nearest = (path: Path): (typeof settings)[number] | undefined =>
    settings.findLast(
      (setting) => setting.path.length <= path.length && setting.path.every((part, index) => part === path[index]),
    );
  return {
    values,
    origin: (path) => (valueAt(values, path) === undefined ? undefined : (nearest(path)?.name ?? mark.slice(0, -1))),
    rawText: (path) => {
      const setting = nearest(path);
      return setting !== undefined && setting.path.length === path.length ? setting.text : undefined;
    },
  };
}

function valueOf(text: string, name: string): unknown {
  if (text.trim() === '') return '';
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new CommandError(
      'DL_CONFIG_INVALID',
      `${name}: ${(error as Error).message.split('\n')[0]}`,
      'give a plain value or a list such as [a, b]',
      { cause: error },
    );
  }
}
