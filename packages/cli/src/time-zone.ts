import { realpathSync } from 'node:fs';

/**
 * The name of the zone that a value of TZ means, as both Intl and ClickHouse know it; null when they know none. POSIX lets TZ be a name or the
 * path of a zone's file, either after a colon, or empty for UTC. Node leaves paths without a name, so that stamps would be taken for UTC, and
 * the engine does not open where TZ names nothing.
 */
export function zoneNamed(tz: string): string | null {
  const given = tz.replace(/^:/, '');
  if (/^(?:(?:UTC|GMT)[+-]?0?)?$/.test(given)) return 'UTC';
  return nameOf(given) ?? (given.startsWith('/') ? nameOf(zoneOfFile(given)) : null);
}

function nameOf(zone: string): string | null {
  // an offset is a zone to Intl, and something else to POSIX
  if (!/^[A-Za-z]/.test(zone)) return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return null; // RangeError is how Intl says no
  }
}

/** `/etc/localtime` is a link to `…/zoneinfo/Europe/Berlin`, of which there are copies under posix/ and right/. */
function zoneOfFile(path: string): string {
  try {
    return /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(realpathSync(path))?.[1] ?? '';
  } catch {
    return '';
  }
}
