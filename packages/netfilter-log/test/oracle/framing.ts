/** Heads that a line gets on its way, with what each says of time and host. */
import * as fc from 'fast-check';

/** A head whose words are known: the parser must find the host and the time, and leave the rest to the body. */
export interface Framing {
  readonly head: string;
  readonly tail: string;
  /** null: the line names none. */
  readonly host: string | null;
  /** Milliseconds since 1970, or since boot for heads with the kernel's clock only; null: the line has none. */
  readonly time: number | null;
  readonly sinceBoot: boolean;
  readonly repeated: number;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const two = (value: number): string => String(value).padStart(2, '0');
const clock = (date: Date): string => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
const day = (date: Date): string => `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
const stamp = (date: Date): string => `${day(date)} ${clock(date)}`;
const whole = (time: number): number => Math.floor(time / 1000) * 1000;

/** The same moment as a clock `minutes` east of Greenwich shows it, with its offset. */
function local(time: number, minutes: number, colon: boolean, fraction: boolean): string {
  const shown = new Date(time + minutes * 60_000).toISOString();
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}${colon ? ':' : ''}${two(Math.abs(minutes) % 60)}`;
  return `${fraction ? `${shown.slice(0, -1)}456` : shown.slice(0, 19)}${offset}`;
}

const hosts = fc.constantFrom('gw', 'fw-1.example.net', '192.0.2.7', '2001:db8::7', 'a', 'UDMP-DTC', 'kern', 'host_1');
const boot = fc.integer({ min: 0, max: 20_000_000 });
const kernelClock = (milliseconds: number): string =>
  `[${String(Math.floor(milliseconds / 1000)).padStart(5)}.${String(milliseconds % 1000).padStart(3, '0')}789] `;

/** Heads for lines printed not later than `now`, and not more than eleven months before it (a year is guessed). */
export function framings(now: number): fc.Arbitrary<Framing> {
  const times = fc.integer({ min: now - 330 * 86_400_000, max: now });
  const offsets = fc.constantFrom(0, 60, -420, 330, 840, -720, 345);
  return fc
    .tuple(times, hosts, boot, offsets, fc.constantFrom('', 'clock'), fc.integer({ min: 2, max: 500 }))
    .chain(([time, host, uptime, offset, withClock, repeated]) => {
      const date = new Date(time);
      const kernel = withClock === '' ? '' : kernelClock(uptime);
      const framing = (head: string, more: Partial<Framing> = {}): Framing => ({
        head: head + kernel,
        tail: '',
        host,
        time: whole(time),
        sinceBoot: false,
        repeated: 1,
        ...more,
      });
      const ringOnly = { host: null, time: uptime, sinceBoot: true };
      return fc.constantFrom(
        framing(`${stamp(date)} ${host} kernel: `),
        framing(`<4>${stamp(date)} ${host} kernel: `),
        framing(`${stamp(date)} kernel: `, { host: null }),
        framing(`${stamp(date)} ${host} kernel: message repeated ${repeated} times: [ `, { tail: ']', repeated }),
        framing(`${local(time, offset, true, true)} ${host} kernel: `, { time }),
        framing(`${local(time, offset, false, false)} ${host} kernel: `),
        framing(`<6>${local(time, offset, true, false)} ${host} kernel: `),
        framing(`<4>1 ${local(time, offset, true, true)} ${host} kernel - - - `, { time }),
        framing(`${days[date.getUTCDay()]} ${stamp(date)} ${date.getUTCFullYear()} kern.warn kernel: `, { host: null }),
        framing(`${stamp(date)} ${host} kern.warn kernel: `),
        framing(`${days[date.getUTCDay()]} ${date.toISOString().slice(0, 10)} ${clock(date)} UTC ${host} kernel: `),
        { ...framing(''), ...ringOnly, head: kernelClock(uptime) },
        { ...framing(''), ...ringOnly, head: `<4>${kernelClock(uptime)}` },
        { ...framing(''), ...ringOnly, head: `4,77,${uptime}123,-;` },
        { ...framing(''), head: `[${days[date.getUTCDay()]} ${stamp(date)} ${date.getUTCFullYear()}] `, host: null },
        { ...framing(''), head: `${local(time, offset, true, true).replace('.', ',')} `, host: null, time },
      );
    });
}
