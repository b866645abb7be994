import type { Claim, State } from './state.ts';

const fields = ['collectors', 'log', 'group', 'views', 'requests', 'raw', 'rollup', 'ledger', 'time'] as const;
type Field = (typeof fields)[number];

/** Numbers parts of states by their content. */
class Parts<T extends object | null> {
  readonly #numbers = new Map<string, number>();
  readonly #parts: T[] = [];
  /** Parts that came out of `part`: most of a next state's parts are those, and need no text. */
  readonly #known = new WeakMap<object, number>();

  numberOf(part: T): number {
    if (part !== null) {
      const seen = this.#known.get(part);
      if (seen !== undefined) return seen;
    }
    const text = JSON.stringify(part);
    const found = this.#numbers.get(text);
    if (found !== undefined) return found;
    const number = this.#parts.push(part) - 1;
    this.#numbers.set(text, number);
    if (part !== null) this.#known.set(part, number);
    return number;
  }

  part(number: number): T {
    return this.#parts[number] as T;
  }
}

/** Short keys of states: the text of their parts' numbers. */
export class StateKeys {
  readonly #fields = fields.map(() => new Parts<State[Field]>());
  readonly #claims = new Parts<Claim | null>();

  encode(state: State): string {
    let key = '';
    for (let field = 0; field < fields.length; field++) {
      const parts = this.#fields[field] as Parts<State[Field]>;
      key += character(parts.numberOf(state[fields[field] as Field]));
    }
    for (const claim of state.claims) key += character(this.#claims.numberOf(claim));
    return key;
  }

  decode(key: string): State {
    const state: Record<string, unknown> = {};
    for (let field = 0; field < fields.length; field++) {
      state[fields[field] as string] = this.#fields[field]?.part(numberAt(key, field));
    }
    const claims: (Claim | null)[] = [];
    for (let at = fields.length; 2 * at < key.length; at++) claims.push(this.#claims.part(numberAt(key, at)));
    return { ...state, claims } as unknown as State;
  }
}

function character(number: number): string {
  return String.fromCharCode(number & 0xffff, number >>> 16);
}

function numberAt(key: string, index: number): number {
  return key.charCodeAt(2 * index) | (key.charCodeAt(2 * index + 1) << 16);
}
