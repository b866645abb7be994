/** Words of a line as fast-check arbitraries: the letters that `lines.ts` writes in. */
import * as fc from 'fast-check';
import type { BodyRecord } from './oracle.ts';

type Columns = Partial<BodyRecord>;
/** A word of the line, with the columns that it fills; a word without columns is `extra`. */
export interface Word {
  readonly text: string;
  readonly columns?: Columns;
}

export const words = (...arbitraries: fc.Arbitrary<Word[]>[]): fc.Arbitrary<Word[]> =>
  fc.tuple(...arbitraries).map((each) => each.flat());
export const always = (...texts: string[]): fc.Arbitrary<Word[]> => fc.constant(texts.map((text) => ({ text })));
export const maybe = (arbitrary: fc.Arbitrary<Word[]>): fc.Arbitrary<Word[]> => fc.oneof(fc.constant<Word[]>([]), arbitrary);

/** Edges more often than what lies between. */
export const upTo = (greatest: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(0, 1, greatest), fc.nat(Math.min(greatest, 999)), fc.integer({ min: 0, max: greatest }));
export const decimal = (key: string, greatest: number, column?: keyof BodyRecord): fc.Arbitrary<Word[]> =>
  upTo(greatest).map((value) => [{ text: `${key}=${value}`, ...(column === undefined ? {} : { columns: { [column]: value } }) }]);
export const hex = (key: string, greatest: number, digits: number): fc.Arbitrary<Word[]> =>
  upTo(greatest).map((value) => [{ text: `${key}${value.toString(16).padStart(digits, '0')}` }]);
export const hexDump = (longest: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: 4, maxLength: longest }).map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase());
