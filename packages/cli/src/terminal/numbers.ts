/** How numbers, shares, sizes and ages are written everywhere: short, grouped, with one unit. */

/** 1204331 → `1,204,331`. */
export function grouped(value: number | bigint): string {
  const text = typeof value === 'bigint' ? value.toString() : Math.round(value).toString();
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A rate: `38`, `0.4`, `1,234`. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : grouped(value);
}

/** Share of `part` in `whole`: `41 %`, `0.8 %`; a dash when the whole is nothing. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.05) return '<0.1 %';
  if (percent < 99.95 && percent >= 99.5) return `${percent.toFixed(1)} %`;
  return percent > 0 && percent < 10 ? `${percent.toFixed(1)} %` : `${Math.round(percent)} %`;
}

/** 3_300_000_000 → `3.3 GB` (powers of ten, as disks are sold). */
export function bytes(value: number): string {
  let left = value;
  let unit = 0;
  while (left >= 999.5 && unit < byteUnits.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit > 0 && left < 9.95 ? left.toFixed(1) : Math.round(left).toString()} ${byteUnits[unit]}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of milliseconds in its largest fitting unit: `12 s`, `14 min`, `3 h`, `9 d`, `2.1 y`; never negative. */
export function span(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < second) return value < 100 ? '0 s' : `${(value / second).toFixed(1)} s`;
  if (value < 100 * second) return `${Math.floor(value / second)} s`;
  if (value < 100 * minute) return `${Math.floor(value / minute)} min`;
  if (value < 48 * hour) return `${Math.floor(value / hour)} h`;
  if (value < 730 * day) return `${Math.floor(value / day)} d`;
  return `${(value / (365.25 * day)).toFixed(1)} y`;
}

/** An absolute time to the second: `2026-11-21 11:32:07`, in UTC with a `Z`, or in the machine's own zone. */
export function absoluteTime(time: number, utc: boolean): string {
  const date = new Date(utc ? time : time - new Date(time).getTimezoneOffset() * minute);
  if (Number.isNaN(date.getTime())) return '–';
  return date.toISOString().slice(0, 19).replace('T', ' ') + (utc ? 'Z' : '');
}
