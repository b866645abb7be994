import { parseLine } from '@droplens/netfilter-log';
import { DroplensError } from '@droplens/runtime';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** `90s`, `15m`, `24h`, `7d`, `4w`, `1y`, `1d12h` → milliseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  if (!/^(\d{1,9}(\.\d+)?(s|min|m|h|d|w|y))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(s|min|m|h|d|w|y)/g)) total += Number(amount) * units[unit!]!;
  return total;
}

const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * A moment as a person gives it: `now`, a duration back from `now`, or an ISO time (`2026-11-21`, `2026-11-21 13:00`, with or
 * without a zone; without one it is the machine's own zone, or UTC when asked). Milliseconds since 1970; DL_USAGE otherwise.
 */
export function parseMoment(text: string, option: string, now: number, utc: boolean): number {
  if (text === 'now') return now;
  const back = parseDuration(text);
  if (back !== null) return now - back;
  const match = iso.exec(text);
  const time = match === null ? Number.NaN : isoTime(match, utc);
  if (Number.isNaN(time)) {
    throw new DroplensError(
      'DL_USAGE',
      `${option}: '${text}' is no time: expected a span such as 90s, 15m, 24h, 7d or 4w, or 2026-11-21T13:00`,
    );
  }
  return time;
}

function isoTime(match: RegExpExecArray, utc: boolean): number {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
  const shift = zone === undefined ? (utc ? 'Z' : '') : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${shift}`);
  // 2026-02-31 is not the third of March
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day) ? time : Number.NaN;
}

/** The zone of the machine's own clock. */
export function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** DL_USAGE when `--time-zone` names no zone. */
export function checkTimeZone(name: string): void {
  try {
    parseLine('', { timeZone: name });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DroplensError(
      'DL_USAGE',
      `--time-zone: '${name}' is no time zone: expected a name such as Europe/Berlin, UTC, or +02:00`,
      { cause: error },
    );
  }
}
