import { digitsEnd, includes, numberAt, space, startsWith } from './ascii.ts';
import type { Line } from './line.ts';
import type { UndercountCause } from './record.ts';

/** Whose message it is, by tag, facility or transport: others may quote anything. */
export const writer = { kernel: 0, journald: 1, rsyslog: 2, program: 3 } as const;

/*
 * Messages that say how many others are missing:
 *
 *   kernel    <function>: N callbacks suppressed            lib/ratelimit.c; older: "__ratelimit: N messages suppressed"
 *             printk: N messages suppressed.                kernel/printk.c before 2.6.28 ("N messages suppressed" in all forms)
 *             ** N printk messages dropped **               console only; older: "** N printk messages dropped ** "
 *   journald  Suppressed N messages from <unit>             journald-rate-limit; /system.slice/… in older ones
 *             Missed N kernel messages                      journald-kmsg.c
 *   rsyslog   imjournal: N messages lost due to rate-limiting (M allowed within S seconds)
 *             imuxsock[pid P]: N messages lost due to …, "imuxsock lost N messages from pid P due to rate-limiting", "begin to drop messages due to …"
 *   any       last message repeated N times                 syslogd; also with a space or colon before
 */

/** Whether the message in [from, end) says that others are missing: then `line.cause` and `line.count` (0 = it does not say) are set. */
export function readSuppression(line: Line, from: number, end: number, by: number): boolean {
  const b = line.bytes;
  let to = end;
  while (to > from && b[to - 1] === space) to--;
  switch (by) {
    case writer.kernel:
      if (endsWith(b, from, to, ' callbacks suppressed')) return found(line, 'kernel-ratelimit', numberBefore(b, from, to - 21));
      if (endsWith(b, from, to, ' messages suppressed')) return suppressed(line, from, to - 20);
      if (endsWith(b, from, to, ' messages suppressed.')) return suppressed(line, from, to - 21);
      if (startsWith(b, from, '** ') && endsWith(b, from, to, ' printk messages dropped **')) {
        return found(line, 'console-dropped', numberBefore(b, from, to - 27));
      }
      // Also what has no tag.
      return repeated(line, from, to);
    case writer.journald:
      if (startsWith(b, from, 'Suppressed ')) return counted(line, 'journald-suppressed', from + 11, ' messages from');
      if (startsWith(b, from, 'Missed ')) return counted(line, 'journald-missed', from + 7, ' kernel messages');
      return false;
    case writer.rsyslog: {
      if (!includes(b, from, to, 'rate-limiting')) return false;
      for (let p = from; p < to; p++) {
        const digits = digitsEnd(b, p);
        if (digits === p) continue;
        if (startsWith(b, digits, ' messages') && b[p - 1] === space)
          return found(line, 'rsyslog-ratelimit', bounded(numberAt(b, p, digits)));
        p = digits;
      }
      return found(line, 'rsyslog-ratelimit', 0);
    }
    default:
      return false;
  }
}

/** "__ratelimit: N messages suppressed" is the rate limit's older wording, any other is printk's. */
function suppressed(line: Line, from: number, to: number): boolean {
  return found(
    line,
    startsWith(line.bytes, from, '__ratelimit') ? 'kernel-ratelimit' : 'printk-suppressed',
    numberBefore(line.bytes, from, to),
  );
}

/** "last message repeated N times", also "last message buffered N times" of newer syslogds. */
function repeated(line: Line, from: number, to: number): boolean {
  if (!startsWith(line.bytes, from, 'last message ') || !endsWith(line.bytes, from, to, ' times')) return false;
  return found(line, 'repeated-line', numberBefore(line.bytes, from, to - 6));
}

function counted(line: Line, cause: UndercountCause, digits: number, text: string): boolean {
  const end = digitsEnd(line.bytes, digits);
  return end > digits && startsWith(line.bytes, end, text) && found(line, cause, bounded(numberAt(line.bytes, digits, end)));
}

function found(line: Line, cause: UndercountCause, count: number): boolean {
  if (count < 0) return false;
  line.cause = cause;
  line.count = count;
  return true;
}

/** The number that ends at `to`, after a space or at `from`; -1 when there is none. */
function numberBefore(b: Uint8Array, from: number, to: number): number {
  let p = to;
  while (p > from && b[p - 1]! >= 0x30 && b[p - 1]! <= 0x39) p--;
  return p === to || (p > from && b[p - 1] !== space) ? -1 : bounded(numberAt(b, p, to));
}

/** Counts are 32 bit in every writer; more is a forgery, and no more is believed. */
function bounded(count: number): number {
  return Math.min(count, 0xffffffff);
}

function endsWith(b: Uint8Array, from: number, to: number, text: string): boolean {
  return to - text.length >= from && startsWith(b, to - text.length, text);
}
