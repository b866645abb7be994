import { readFile, stat } from 'node:fs/promises';
import { DroplensError } from '@droplens/runtime';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { CommandError, systemReason } from '../command-error.ts';
import { isSection, type Layer, type Path } from './layer.ts';

/** Nobody writes a configuration of a megabyte: it is another file given by mistake. */
const maxBytes = 1024 * 1024;

/** Reads a YAML file; null when there is none and none was asked for. DL_CONFIG_INVALID with file and line for a syntax error. */
export async function fileLayer(file: string, required: boolean): Promise<Layer | null> {
  const text = await readConfiguration(file, required);
  return text === null ? null : yamlLayer(text, file);
}

async function readConfiguration(file: string, required: boolean): Promise<string | null> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) throw new DroplensError('DL_CONFIG_INVALID', `${file}: larger than 1 MiB, this is no configuration`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof DroplensError) throw error;
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new CommandError(
      'DL_CONFIG_INVALID',
      `${file}: cannot be read: ${systemReason(error)}`,
      'give a file this user may read with --config or DROPLENS_CONFIG',
      { cause: error },
    );
  }
}

/** The settings of a YAML text; `file` names it in errors. */
export function yamlLayer(text: string, file: string): Layer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const mistake = document.errors[0];
  if (mistake !== undefined) {
    throw new CommandError('DL_CONFIG_INVALID', `${at(mistake.pos[0])}: ${mistake.message}`, 'correct the YAML at that line');
  }
  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch (error) {
    // an alias without its anchor, or a bomb of aliases
    throw new CommandError('DL_CONFIG_INVALID', `${file}: ${(error as Error).message}`, 'correct the YAML', { cause: error });
  }
  if (!isSection(values)) {
    throw new CommandError(
      'DL_CONFIG_INVALID',
      `${file}: expected keys and values, such as 'host: web-1'`,
      'see docs/configuration.md',
    );
  }
  // `store:` with everything under it commented out says nothing
  const settings = withoutNothing(values);
  const origin = (path: Path): string | undefined => {
    // the place of the key, or of the nearest thing above it
    for (let length = path.length; length > 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return undefined;
  };
  return { values: settings, origin: (path) => (hasPath(settings, path) ? origin(path) : undefined) };
}

function withoutNothing(section: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(section)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isSection(value) ? withoutNothing(value) : value]),
  );
}

function hasPath(values: unknown, path: Path): boolean {
  let value: unknown = values;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string | number, unknown>)[part];
  }
  return true;
}
