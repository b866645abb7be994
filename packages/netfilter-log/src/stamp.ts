import { colon, comma, digitsEnd, dot, minus, nine, numberAt, plus, space, startsWith, zero } from './ascii.ts';
import { type Clock, noOffset } from './clock.ts';

/*
 * Time stamps at the beginning of a line:
 *
 *   bsd    = Mmm (" "d | dd | d) " " clock [" " yyyy]              RFC 3164, journalctl short and short-precise; no year, no zone
 *   ctime  = Www " " Mmm " " (" "d | dd) " " clock [" " zone] " " yyyy      logread, dmesg -T, date(1)
 *   iso    = yyyy-mm-dd ("T" | " ") clock [zone]                   RFC 3339, RSYSLOG_FileFormat, journalctl short-iso, dmesg --time-format iso
 *   full   = Www " " iso " " zone                                  journalctl short-full
 *   clock  = hh:mm:ss [("." | ",") 1*digit]
 *   zone   = "Z" | ("+" | "-") hh [":"] [mm] | NAME
 *   unix   = 9*11 digit "." 1*digit                                journalctl short-unix
 */

/** Reads stamps; `time` is the last one's milliseconds since 1970, NaN when it names no possible time. */
export class Stamp {
  time = 0;
  /** The stamp's fraction began with a comma: util-linux' dmesg, which prints no host after it. */
  byDmesg = false;
  readonly #clock: Clock;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #milliseconds = 0;
  #offset = noOffset;
  /** The sixteen characters of the last "Mmm dd hh:mm:ss ", its time, and the reference time for which it is that. */
  #lastText = new Float64Array(2);
  #lastTime = 0;
  #lastReference = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Offset after the stamp that starts at `at`, or `at` when there is none. The byte there is not part of the stamp. */
  read(b: Uint8Array, at: number, end: number): number {
    const first = b[at]!;
    if (first >= zero && first <= nine) return b[at + 4] === minus && at + 19 <= end ? this.#iso(b, at) : this.#unix(b, at);
    if (first < 0x41 || first > 0x5a || at + 14 > end) return at;
    const month = monthAt(b, at);
    if (month !== 0 && b[at + 3] === space) return this.#bsd(b, at, month);
    return b[at + 3] === space && weekdayAt(b, at) ? this.#weekday(b, at, end) : at;
  }

  /**
   * Whether the sixteen characters at `at` are those of the stamp before: most lines come within the same second. Equal numbers are equal bytes (see
   * known-text.ts); a 1 or 2 behind them may be a year.
   */
  repeats(v: DataView, at: number): boolean {
    if (v.getFloat64(at, true) !== this.#lastText[0] || v.getFloat64(at + 8, true) !== this.#lastText[1]) return false;
    const next = v.getUint8(at + 16);
    if (this.#lastReference !== this.#clock.now || next === 0x31 || next === 0x32) return false;
    this.time = this.#lastTime;
    this.byDmesg = false;
    return true;
  }

  /** Remembers the stamp just read, which is sixteen characters long with the space behind it and has no year. */
  remember(v: DataView, at: number): void {
    this.#lastText[0] = v.getFloat64(at, true);
    this.#lastText[1] = v.getFloat64(at + 8, true);
    this.#lastTime = this.time;
    this.#lastReference = this.#clock.now;
  }

  #bsd(b: Uint8Array, at: number, month: number): number {
    let p = at + 4;
    if (b[p] === space) p++;
    const digits = digitsEnd(b, p);
    if (digits === p || digits - p > 2 || b[digits] !== space) return at;
    const date = numberAt(b, p, digits);
    p = this.#readClock(b, digits + 1);
    if (p < 0) return at;
    let year = 0;
    if (isYear(b, p) && b[p + 5] === space) {
      year = numberAt(b, p + 1, p + 5);
      p += 5;
    }
    this.#set(year, month, date, noOffset);
    return p;
  }

  #weekday(b: Uint8Array, at: number, end: number): number {
    const month = monthAt(b, at + 4);
    if (month === 0) {
      if (b[at + 8] !== minus || at + 23 > end) return at;
      const p = this.#iso(b, at + 4);
      return p === at + 4 ? at : p;
    }
    let p = at + 8;
    if (b[p - 1] !== space) return at;
    if (b[p] === space) p++;
    const digits = digitsEnd(b, p);
    if (digits === p || digits - p > 2 || b[digits] !== space) return at;
    const date = numberAt(b, p, digits);
    p = this.#readClock(b, digits + 1);
    if (p < 0) return at;
    let year = 0;
    this.#offset = noOffset;
    if (!isYear(b, p)) p = this.#readZone(b, p);
    if (isYear(b, p)) {
      year = numberAt(b, p + 1, p + 5);
      p += 5;
    }
    this.#set(year, month, date, this.#offset);
    return p;
  }

  #iso(b: Uint8Array, at: number): number {
    if (digitsEnd(b, at) !== at + 4 || digitsEnd(b, at + 5) !== at + 7 || b[at + 7] !== minus || digitsEnd(b, at + 8) !== at + 10)
      return at;
    if (b[at + 10] !== 0x54 && b[at + 10] !== space) return at;
    let p = this.#readClock(b, at + 11);
    if (p < 0) return at;
    this.#offset = noOffset;
    const year = numberAt(b, at, at + 4);
    const month = numberAt(b, at + 5, at + 7);
    const date = numberAt(b, at + 8, at + 10);
    p = this.#readZone(b, p);
    this.#set(year || 1, month, date, this.#offset);
    return p;
  }

  /** hh:mm:ss and a fraction; offset after it, -1 when there is no clock. */
  #readClock(b: Uint8Array, at: number): number {
    if (b[at + 2] !== colon || b[at + 5] !== colon || digitsEnd(b, at) !== at + 2 || digitsEnd(b, at + 3) !== at + 5) return -1;
    let p = digitsEnd(b, at + 6);
    if (p !== at + 8) return -1;
    this.#hour = (b[at]! - zero) * 10 + b[at + 1]! - zero;
    this.#minute = (b[at + 3]! - zero) * 10 + b[at + 4]! - zero;
    this.#second = (b[at + 6]! - zero) * 10 + b[at + 7]! - zero;
    this.#milliseconds = 0;
    this.byDmesg = b[p] === comma;
    if (b[p] === dot || b[p] === comma) {
      const from = p + 1;
      p = digitsEnd(b, from);
      if (p === from) return from - 1;
      this.#milliseconds = fraction(b, from, p);
    }
    return p;
  }

  /** A zone at `at`, or after a space there; the offset after it, `at` when there is none. A name that means different things is the configured zone. */
  #readZone(b: Uint8Array, at: number): number {
    const p = b[at] === space ? at + 1 : at;
    if (b[p] === 0x5a && p === at) {
      this.#offset = 0;
      return p + 1;
    }
    if (b[p] === plus || b[p] === minus) {
      const hours = digitsEnd(b, p + 1);
      let minutes = hours;
      if (hours === p + 3 && b[hours] === colon) minutes = digitsEnd(b, hours + 1);
      const length = hours - p - 1;
      if ((length !== 2 && length !== 4) || (minutes !== hours && minutes !== hours + 3)) return at;
      const rest = length === 4 ? numberAt(b, p + 3, p + 5) : minutes === hours ? 0 : numberAt(b, hours + 1, minutes);
      // RFC 3339: hours to 23, minutes to 59; what no zone can be makes a time that is none
      const hour = numberAt(b, p + 1, p + 3);
      const value = hour < 24 && rest < 60 ? hour * 60 + rest : Number.NaN;
      this.#offset = b[p] === minus ? -value : value;
      return minutes;
    }
    if (p === at) return at;
    for (const [name, hours] of zoneNames) {
      if (startsWith(b, p, name) && b[p + name.length] === space) {
        if (hours !== null) this.#offset = hours * 60;
        return p + name.length;
      }
    }
    return at;
  }

  #unix(b: Uint8Array, at: number): number {
    const digits = digitsEnd(b, at);
    if (b[digits] !== dot || digits - at < 9 || digits - at > 11) return at;
    const end = digitsEnd(b, digits + 1);
    if (end === digits + 1 || b[end] !== space) return at;
    this.time = numberAt(b, at, digits) * 1000 + fraction(b, digits + 1, end);
    this.byDmesg = false;
    return end;
  }

  #set(year: number, month: number, date: number, offset: number): void {
    this.time = this.#clock.read(year, month, date, this.#hour, this.#minute, this.#second, this.#milliseconds, offset);
  }
}

/** Abbreviations that mean one offset everywhere (null: several, so the configured zone decides). */
const zoneNames: readonly (readonly [string, number | null])[] = [
  ['UTC', 0],
  ['GMT', 0],
  ['WET', 0],
  ['WEST', 1],
  ['CET', 1],
  ['CEST', 2],
  ['EET', 2],
  ['EEST', 3],
  ['MSK', 3],
  ['SAST', 2],
  ['JST', 9],
  ['KST', 9],
  ['HKT', 8],
  ['AWST', 8],
  ['ACST', 9.5],
  ['ACDT', 10.5],
  ['AEST', 10],
  ['AEDT', 11],
  ['NZST', 12],
  ['NZDT', 13],
  ['EST', -5],
  ['EDT', -4],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
  ['AKST', -9],
  ['AKDT', -8],
  ['HST', -10],
  ['CST', null],
  ['IST', null],
  ['BST', null],
  ['AST', null],
  ['ADT', null],
  ['PKT', 5],
  ['WIB', 7],
  ['SGT', 8],
];

/** The first three digits of a fraction as milliseconds. */
export function fraction(b: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = 0; i < 3; i++) value = value * 10 + (from + i < to ? b[from + i]! - zero : 0);
  return value;
}

/** " 19xx" or " 20xx" at `at`. */
function isYear(b: Uint8Array, at: number): boolean {
  if (b[at] !== space || digitsEnd(b, at + 1) !== at + 5) return false;
  return (b[at + 1] === 0x32 && b[at + 2] === zero) || (b[at + 1] === 0x31 && b[at + 2] === nine);
}

/** 1..12 for the English abbreviation at `at`, 0 for anything else. */
function monthAt(b: Uint8Array, at: number): number {
  switch ((b[at]! << 16) | (b[at + 1]! << 8) | b[at + 2]!) {
    case 0x4a616e:
      return 1;
    case 0x466562:
      return 2;
    case 0x4d6172:
      return 3;
    case 0x417072:
      return 4;
    case 0x4d6179:
      return 5;
    case 0x4a756e:
      return 6;
    case 0x4a756c:
      return 7;
    case 0x417567:
      return 8;
    case 0x536570:
      return 9;
    case 0x4f6374:
      return 10;
    case 0x4e6f76:
      return 11;
    case 0x446563:
      return 12;
    default:
      return 0;
  }
}

function weekdayAt(b: Uint8Array, at: number): boolean {
  for (const name of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']) if (startsWith(b, at, name)) return true;
  return false;
}
