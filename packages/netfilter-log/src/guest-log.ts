import { digitsEnd, minus, plus, space } from './ascii.ts';

/*
 * Proxmox' pvefw-logger puts the time behind the chain:
 *
 *   vmid " " level " " chain " " dd "/" Mmm "/" yyyy ":" hh:mm:ss " " ("+" | "-") hhmm " " ["policy "] ACTION ": " body
 *
 * The chain says which guest and which direction, so it belongs to the prefix.
 */

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Rewrites such a line in [from, end) as `yyyy-mm-ddThh:mm:ss+hhmm kernel: chain ACTION: body` into `target`; its length, 0 for any other line. */
export function guestLogText(b: Uint8Array, from: number, end: number, target: Uint8Array): number {
  const vmid = digitsEnd(b, from);
  const level = digitsEnd(b, vmid + 1);
  if (b[vmid] !== space || level === vmid + 1 || b[level] !== space) return 0;
  const chain = level + 1;
  let p = chain;
  while (p < end && b[p]! > space) p++;
  const date = p + 1;
  if (p === chain || b[p] !== space || end - date < 27 || p - chain > 64) return 0;
  // dd/Mmm/yyyy:hh:mm:ss +hhmm
  if (b[date + 2] !== 0x2f || b[date + 6] !== 0x2f || b[date + 20] !== space || b[date + 26] !== space) return 0;
  if (
    digitsEnd(b, date) !== date + 2 ||
    digitsEnd(b, date + 7) !== date + 11 ||
    (b[date + 21] !== plus && b[date + 21] !== minus)
  )
    return 0;
  const name = String.fromCharCode(b[date + 3]!, b[date + 4]!, b[date + 5]!);
  const month = monthNames.indexOf(name) + 1;
  if (month === 0) return 0;
  let length = 0;
  for (let i = 7; i < 11; i++) target[length++] = b[date + i]!;
  target[length++] = minus;
  target[length++] = 0x30 + Math.trunc(month / 10);
  target[length++] = 0x30 + (month % 10);
  target[length++] = minus;
  target[length++] = b[date]!;
  target[length++] = b[date + 1]!;
  target[length++] = 0x54;
  for (let i = 12; i < 20; i++) target[length++] = b[date + i]!;
  for (let i = 21; i < 26; i++) target[length++] = b[date + i]!;
  for (const letter of ' kernel: ') target[length++] = letter.charCodeAt(0);
  for (let i = chain; i < p; i++) target[length++] = b[i]!;
  for (let i = date + 26; i < end; i++) target[length++] = b[i]!;
  return length;
}
