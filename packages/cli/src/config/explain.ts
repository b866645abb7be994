import { z } from 'zod';
import { isSection, pathText, valueAt, type Path } from './layer.ts';
import { nearMiss } from './near-miss.ts';

/** One mistake in a configuration, in words. */
export interface Mistake {
  readonly path: Path;
  /** Without the path: `unknown key (did you mean 'listen'?)`. */
  readonly text: string;
}

type Issue = z.core.$ZodIssue;

/** Turns a validation's issues into sentences that name the key, what was expected and what was found. */
export function explainIssues(issues: readonly Issue[], values: unknown, schema: z.ZodType): readonly Mistake[] {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonShape;
  return issues.flatMap((issue) => explain(issue, [], values, shape));
}

interface JsonShape {
  readonly properties?: Readonly<Record<string, JsonShape>>;
  readonly items?: JsonShape;
  readonly anyOf?: readonly JsonShape[];
  readonly oneOf?: readonly JsonShape[];
}

function explain(issue: Issue, above: Path, values: unknown, shape: JsonShape): readonly Mistake[] {
  const path = [...above, ...(issue.path as Path)];
  const found = valueAt(values, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(shape, path);
      return issue.keys.map((key) => {
        // of another form of the same section: a source is a file or a journal
        if (known.includes(key)) return { path: [...path, key], text: 'does not go together with the keys beside it' };
        const near = nearMiss(key, known);
        const hint =
          near === undefined
            ? known.length > 0
              ? `known here: ${known.join(', ')}`
              : 'no keys are known here'
            : `did you mean '${near}'?`;
        return { path: [...path, key], text: `unknown key (${hint})` };
      });
    }
    case 'invalid_union': {
      const branch = likeliest(issue.errors, found);
      if (branch.length > 0) return branch.flatMap((one) => explain(one, path, values, shape));
      const options = (issue as { options?: readonly unknown[] }).options?.filter((option) => typeof option === 'string') ?? [];
      return [{ path, text: `expected ${options.length > 0 ? oneOf(options) : 'another form'}, found ${describe(found)}` }];
    }
    case 'invalid_type':
      return [
        {
          path,
          text:
            found === undefined
              ? `missing: expected ${expectation(issue.expected)}`
              : `expected ${expectation(issue.expected)}, found ${describe(found)}`,
        },
      ];
    case 'invalid_value':
      return [{ path, text: `expected ${oneOf(issue.values)}, found ${describe(found)}` }];
    case 'too_small':
      return [{ path, text: size(issue.origin, 'at least', issue.minimum, found) }];
    case 'too_big':
      return [{ path, text: size(issue.origin, 'at most', issue.maximum, found) }];
    case 'invalid_format':
      return [
        {
          path,
          text: `expected ${issue.format === 'regex' ? 'another form' : `a valid ${issue.format}`}, found ${describe(found)}`,
        },
      ];
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
    default:
      return [{ path, text: `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}` }];
  }
}

/** Of a union's branches the one that was probably meant: it knows the keys given. */
function likeliest(branches: readonly (readonly Issue[])[], found: unknown): readonly Issue[] {
  const strangeness = (branch: readonly Issue[]): number =>
    branch.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? 10 * issue.keys.length : 1),
      0,
    ) + (!isSection(found) && branch.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type') ? 5 : 0);
  return branches.reduce<readonly Issue[]>(
    (best, branch) => (best.length === 0 || strangeness(branch) < strangeness(best) ? branch : best),
    [],
  );
}

function keysAt(shape: JsonShape, path: Path): string[] {
  const branches = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])];
  if (branches.length > 0) return [...new Set(branches.flatMap((branch) => keysAt(branch, path)))];
  const [part, ...rest] = path;
  if (part === undefined) return Object.keys(shape.properties ?? {});
  const next = typeof part === 'number' ? shape.items : shape.properties?.[part];
  return next === undefined ? [] : keysAt(next, rest);
}

function expectation(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'keys and values',
    record: 'keys and values',
  };
  return words[type] ?? type;
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value === 'number' ? 'the number ' : ''}${value}`;
  return Array.isArray(value) ? 'a list' : isSection(value) ? 'keys and values' : typeof value;
}

function oneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => `'${String(value)}'`);
  return texts.length === 1 ? texts[0]! : `one of ${texts.join(', ')}`;
}

function size(origin: string, word: string, bound: number | bigint, found: unknown): string {
  if (origin === 'string' && bound === 1 && found === '') return 'expected some text, found none';
  const unit = origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';
  return `expected ${word} ${bound}${unit}, found ${describe(found)}`;
}

/** The mistake with its path: `store.listne: unknown key (did you mean 'listen'?)`. */
export function mistakeText(mistake: Mistake): string {
  return mistake.path.length === 0 ? mistake.text : `${pathText(mistake.path)}: ${mistake.text}`;
}
