/** Who wraps kernel text how: syslog files, the wire, dmesg, /dev/kmsg. */
export type Framing = 'rfc3164' | 'iso' | 'rfc5424' | 'dmesg' | 'kmsg' | 'raw';

export interface FrameOptions {
  readonly format: Framing;
  /** Zone in which stamps are written: an IANA name, `UTC` or `+02:00`. Default UTC. */
  readonly timeZone?: string;
  /**
   * Milliseconds since 1970 at which the machine started. With it, syslog framings carry the kernel's own stamp (`[12345.678901]`);
   * `dmesg` and `kmsg` cannot be without (default: 1970).
   */
  readonly bootTime?: number;
}

/** Anything with a time, a host and kernel text. */
export interface Framable {
  readonly time: number;
  readonly host: string;
  readonly line: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** Minutes east of UTC at a time. Cached by quarter of an hour, because zones change their offset at such borders only. */
function offsetReader(timeZone: string): (time: number) => number {
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(timeZone);
  if (timeZone === 'UTC') return () => 0;
  if (fixed !== null) {
    const minutes = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -1 : 1);
    return () => minutes;
  }
  const zone = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  let quarter = Number.NaN;
  let offset = 0;
  return (time) => {
    const now = Math.floor(time / 900_000);
    if (now !== quarter) {
      quarter = now;
      const name = zone.formatToParts(time).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
      const match = /^GMT([+-])(\d\d):(\d\d)/.exec(name);
      offset = match === null ? 0 : (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1);
    }
    return offset;
  };
}

function offsetText(minutes: number): string {
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}

/** Writes local stamps; the date part of a second is kept, because neighbours share it. */
function stampWriter(format: Framing, timeZone: string): (time: number) => string {
  const offsetAt = offsetReader(timeZone);
  let second = Number.NaN;
  let head = '';
  let tail = '';
  return (time) => {
    const now = Math.floor(time / 1000);
    if (now !== second) {
      second = now;
      const offset = offsetAt(time);
      const local = new Date(time + offset * 60_000);
      const clock = `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
      const day = local.getUTCDate();
      if (format === 'rfc3164') {
        head = `${months[local.getUTCMonth()]!} ${day < 10 ? ' ' : ''}${day} ${clock}`;
      } else {
        head = `${local.getUTCFullYear()}-${two(local.getUTCMonth() + 1)}-${two(day)}T${clock}.`;
        tail = offsetText(offset);
      }
    }
    return format === 'rfc3164' ? head : `${head}${String(time - now * 1000).padStart(3, '0')}000${tail}`;
  };
}

/** `[  123.456789] `, at least 12 characters between the brackets as printk has it. */
function kernelStamp(time: number, bootTime: number): string {
  const since = Math.max(0, time - bootTime);
  const seconds = Math.floor(since / 1000);
  return `[${String(seconds).padStart(5)}.${String(since - seconds * 1000).padStart(3, '0')}000] `;
}

/** As /dev/kmsg escapes text: control characters, bytes from 0x7f and the backslash as \xNN. */
function kmsgText(text: string): string {
  const plain = /^[\x20-\x5b\x5d-\x7e]*$/;
  if (plain.test(text)) return text;
  let escaped = '';
  for (const byte of new TextEncoder().encode(text)) {
    const keep = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    escaped += keep ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

/**
 * A function that wraps one event after the other, without the line's end. It counts sequence numbers for `kmsg` from 1.
 * Throws a RangeError for a zone that does not exist.
 */
export function createFramer(options: FrameOptions): (event: Framable) => string {
  const { format, bootTime } = options;
  const stamp = stampWriter(format, options.timeZone ?? 'UTC');
  const inside = bootTime === undefined ? () => '' : (event: Framable) => kernelStamp(event.time, bootTime);
  if (format === 'raw') return (event) => event.line;
  if (format === 'dmesg') return (event) => `${kernelStamp(event.time, bootTime ?? 0)}${event.line}`;
  if (format === 'rfc5424')
    return (event) => `<4>1 ${stamp(event.time)} ${event.host} kernel - - - ${inside(event)}${event.line}`;
  if (format === 'kmsg') {
    let sequence = 0;
    return (event) => {
      sequence += 1;
      return `4,${sequence},${Math.max(0, event.time - (bootTime ?? 0)) * 1000},-;${kmsgText(event.line)}`;
    };
  }
  return (event) => `${stamp(event.time)} ${event.host} kernel: ${inside(event)}${event.line}`;
}

/** One event in a framing; many of them: `createFramer`. */
export function frame(event: Framable, options: FrameOptions): string {
  return createFramer(options)(event);
}
