import type { Action } from './record.ts';

/** A rule from prefix to action: `*` in `prefix` stands for any text, `?` for any character, letters match in either case. */
export interface ActionRule {
  /** Compared with the whole trimmed prefix. */
  readonly prefix: string;
  readonly action: Action;
}
