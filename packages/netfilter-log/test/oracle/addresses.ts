/** Addresses as the kernel prints them, and as a record shows them. */
import * as fc from 'fast-check';
import { upTo, type Word } from './words.ts';

export const ipv4Address = fc.tuple(upTo(255), upTo(255), upTo(255), upTo(255)).map((parts) => parts.join('.'));
export const addresses4 = fc.tuple(ipv4Address, ipv4Address).map(([src, dst]): Word[] => [
  { text: `SRC=${src}`, columns: { src } },
  { text: `DST=${dst}`, columns: { dst } },
]);

/** RFC 5952 by hand: the longest run of two or more zero groups becomes `::`, the first of equals; IPv4-mapped ones end dotted. */
function compressed(groups: readonly number[]): string {
  const [, , , , , sixth, high = 0, low = 0] = groups;
  if (groups.slice(0, 5).every((group) => group === 0) && sixth === 0xffff)
    return `::ffff:${[high >> 8, high & 255, low >> 8, low & 255].join('.')}`;
  const text = groups.map((group) => group.toString(16));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return text.join(':');
  return `${text.slice(0, best.start).join(':')}::${text.slice(best.start + best.length).join(':')}`;
}

const groups = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, upTo(65535)), { minLength: 8, maxLength: 8 });
const full = (address: readonly number[]): string => address.map((group) => group.toString(16).padStart(4, '0')).join(':');
export const addresses6 = fc.tuple(groups, groups).map(([src, dst]): Word[] => [
  { text: `SRC=${full(src)}`, columns: { src: compressed(src) } },
  { text: `DST=${full(dst)}`, columns: { dst: compressed(dst) } },
]);
