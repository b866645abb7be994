/** A value's place in the configuration: `['store', 'listen']`, `['sources', 0, 'file']`. */
export type Path = readonly (string | number)[];

/** One source of settings: defaults, the file, the environment, the command line. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where the value at `path` was written, for a person; undefined when this layer has none there. */
  origin(path: Path): string | undefined;
}

export function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `upper` over `lower`: sections are merged, anything else (a list, too) is replaced. */
export function mergeSections(
  lower: Readonly<Record<string, unknown>>,
  upper: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // not by assignment: a key named __proto__ must stay a key, to be refused by its name
  const merged = new Map(Object.entries(lower));
  for (const [key, value] of Object.entries(upper)) {
    const below = merged.get(key);
    merged.set(key, isSection(below) && isSection(value) ? mergeSections(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The value at `path`, undefined when there is none. */
export function valueAt(values: unknown, path: Path): unknown {
  let value: unknown = values;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Sets the value at `path`, making the sections on its way. */
export function setAt(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let section = values;
  for (const part of path.slice(0, -1)) {
    const next = Object.hasOwn(section, part) ? section[part] : undefined;
    const child: Record<string, unknown> = isSection(next) ? next : {};
    section[part] = child;
    section = child;
  }
  const last = path.at(-1)!;
  const below = section[last];
  section[last] = isSection(below) && isSection(value) ? mergeSections(below, value) : value;
}

/** `sources[0].file`. */
export function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
