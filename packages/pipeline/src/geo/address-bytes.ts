import { isIP } from 'node:net';

const mapped = '\0\0\0\0\0\0\0\0\0\0\xff\xff';

/**
 * The sixteen bytes of an address as the database stores it, a latin1 character each: IPv4 as IPv4-mapped IPv6. Null for what is no
 * address, and for one with a zone.
 */
export function addressBytes(text: string): string | null {
  const family = isIP(text);
  if (family === 4) return mapped + fourBytes(text);
  if (family === 0 || text.includes('%')) return null;
  const tail = text.lastIndexOf(':') + 1;
  const dotted = text.includes('.');
  const [head, behind] = (dotted ? text.slice(0, tail) : text).split('::') as [string, string | undefined];
  const left = groups(head);
  const right = groups(behind ?? '') + (dotted ? fourBytes(text.slice(tail)) : '');
  return left + '\0'.repeat(16 - left.length - right.length) + right;
}

function fourBytes(dotted: string): string {
  return String.fromCharCode(...dotted.split('.').map(Number));
}

/** Groups of hexadecimal digits between colons, two bytes each. */
function groups(text: string): string {
  let bytes = '';
  for (const group of text.split(':')) {
    if (group === '') continue;
    const value = Number.parseInt(group, 16);
    bytes += String.fromCharCode(value >> 8, value & 255);
  }
  return bytes;
}
