/** Milliseconds of a day. */
export const day = 86_400_000;

/** Event times further back than this before the reference time are no event times. */
const oldest = 7305 * day; // 20 years

/** Marks a stamp that says nothing about its zone. */
export const noOffset = 32_767;

const daysInMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Turns what stamps say into milliseconds since 1970. Constant work per line: the zone and the missing year are looked up once per quarter of an hour
 * of stamps (no zone changes its offset within one).
 *
 * A missing year is the latest that puts the stamp at most a day after the reference time. A local time that the clock skipped is read with the offset
 * before the gap; one that it showed twice is the first of the two.
 */
export class Clock {
  /** Bounds of event times: 20 years before the reference time to a day after it. */
  earliest = 0;
  latest = 0;
  /** The reference time. */
  now = 0;
  readonly #zone: Zone;
  #quarter = -1;
  #quarterStart = 0;
  #date = -1;
  #dateStart = 0;

  /** Throws RangeError for a zone that is not known. */
  constructor(timeZone = 'UTC') {
    this.#zone = zoneOf(timeZone);
  }

  setReference(time: number): void {
    // the time of a file has fractions of a millisecond, a record has none
    const now = Math.floor(time);
    if (now === this.now) return;
    this.now = now;
    this.earliest = now - oldest;
    this.latest = now + day;
  }

  /**
   * Milliseconds since 1970, NaN for a date or clock that does not exist. `year` 0: missing. `offset` in minutes east of Greenwich, `noOffset`: the
   * configured zone. Second 60 is the next minute's first.
   */
  read(
    year: number,
    month: number,
    date: number,
    hour: number,
    minute: number,
    second: number,
    milliseconds: number,
    offset: number,
  ): number {
    if (!(month > 0 && month < 13 && date > 0 && date < 32 && hour < 24 && minute < 60 && second < 61)) return Number.NaN;
    if (offset !== noOffset && year !== 0) {
      const start = this.#dateStartOf(year, month, date);
      return start + ((hour * 60 + minute - offset) * 60 + second) * 1000 + milliseconds;
    }
    const quarter = (((year * 13 + month) * 32 + date) * 24 + hour) * 4 + Math.trunc(minute / 15);
    const rest = ((minute % 15) * 60 + second) * 1000 + milliseconds;
    if (quarter === this.#quarter && offset === noOffset) {
      const time = this.#quarterStart + rest;
      // The year found for the quarter still holds: not in the future, and a year later would be.
      if (year !== 0 || (time <= this.latest && time + 365 * day > this.latest)) return time;
    }
    const start = this.#startOf(year, month, date, hour, minute - (minute % 15), offset, rest);
    if (offset === noOffset) {
      this.#quarter = start === start ? quarter : -1;
      this.#quarterStart = start;
    }
    return start + rest;
  }

  #startOf(year: number, month: number, date: number, hour: number, minute: number, offset: number, rest: number): number {
    if (year !== 0) return this.#instant(year, month, date, hour, minute, offset);
    const last = new Date(this.latest).getUTCFullYear() + 1;
    for (let candidate = last; candidate > last - 10; candidate--) {
      const start = this.#instant(candidate, month, date, hour, minute, offset);
      if (start + rest <= this.latest) return start;
    }
    return Number.NaN;
  }

  #instant(year: number, month: number, date: number, hour: number, minute: number, offset: number): number {
    const local = this.#dateStartOf(year, month, date) + (hour * 60 + minute) * 60_000;
    if (local !== local) return local;
    return offset === noOffset ? this.#zone(local) : local - offset * 60_000;
  }

  /** Midnight of a date in UTC, NaN when there is no such date. */
  #dateStartOf(year: number, month: number, date: number): number {
    const key = (year * 13 + month) * 32 + date;
    if (key === this.#date) return this.#dateStart;
    if (date > daysInMonth[month]!) return Number.NaN;
    if (month === 2 && date === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return Number.NaN;
    const instant = new Date(0).setUTCFullYear(year, month - 1, date);
    this.#date = key;
    this.#dateStart = instant;
    return instant;
  }
}

/** From local time, written as if it were UTC, to UTC; both in milliseconds. */
type Zone = (local: number) => number;

const fixedZone = /^(?:UTC|GMT|Z)?(?:([+-])(\d{2}):?(\d{2})?)?$/i;

function zoneOf(name: string): Zone {
  const fixed = fixedZone.exec(name);
  if (fixed && name !== '') {
    const minutes = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2] ?? 0) * 60 + Number(fixed[3] ?? 0));
    if (Math.abs(minutes) > 15 * 60 || Number(fixed[3] ?? 0) > 59) throw new RangeError(`'${name}' is no time zone`);
    return (local) => local - minutes * 60_000;
  }
  const offsetAt = offsetReader(name);
  return (local) => {
    const before = offsetAt(local - day);
    const after = offsetAt(local + day);
    // Before the change first: it is the earlier instant of a repeated hour, and what a skipped one is read with.
    if (before === after || offsetAt(local - before) === before) return local - before;
    return offsetAt(local - after) === after ? local - after : local - before;
  };
}

/** Offset of a named zone at an instant, in milliseconds; `Intl` throws RangeError for a name it does not know. */
function offsetReader(timeZone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
    const local = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
    return local - Math.floor(instant / 1000) * 1000;
  };
}
