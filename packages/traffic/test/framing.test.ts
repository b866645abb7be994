import { describe, expect, it } from 'vitest';
import { createFramer, frame, type FrameOptions } from '../src/framing.ts';

const event = { time: Date.UTC(2026, 10, 5, 9, 8, 7, 45), host: 'web-1', line: '[UFW BLOCK] IN=eth0 ' };
const bootTime = event.time - 123_456;

const cases: readonly (readonly [options: FrameOptions, text: string])[] = [
  [{ format: 'raw' }, '[UFW BLOCK] IN=eth0 '],
  [{ format: 'rfc3164' }, 'Nov  5 09:08:07 web-1 kernel: [UFW BLOCK] IN=eth0 '],
  [{ format: 'rfc3164', bootTime }, 'Nov  5 09:08:07 web-1 kernel: [  123.456000] [UFW BLOCK] IN=eth0 '],
  [{ format: 'rfc3164', timeZone: 'Asia/Tokyo' }, 'Nov  5 18:08:07 web-1 kernel: [UFW BLOCK] IN=eth0 '],
  [{ format: 'iso' }, '2026-11-05T09:08:07.045000+00:00 web-1 kernel: [UFW BLOCK] IN=eth0 '],
  [{ format: 'iso', timeZone: 'America/St_Johns' }, '2026-11-05T05:38:07.045000-03:30 web-1 kernel: [UFW BLOCK] IN=eth0 '],
  [{ format: 'iso', timeZone: '+05:45' }, '2026-11-05T14:53:07.045000+05:45 web-1 kernel: [UFW BLOCK] IN=eth0 '],
  [{ format: 'rfc5424' }, '<4>1 2026-11-05T09:08:07.045000+00:00 web-1 kernel - - - [UFW BLOCK] IN=eth0 '],
  [{ format: 'dmesg', bootTime }, '[  123.456000] [UFW BLOCK] IN=eth0 '],
  [{ format: 'kmsg', bootTime }, '4,1,123456000,-;[UFW BLOCK] IN=eth0 '],
];

describe('frame', () => {
  it.each(cases)('%o', (options, text) => {
    expect(frame(event, options)).toBe(text);
  });

  it('follows daylight saving time', () => {
    const framer = createFramer({ format: 'iso', timeZone: 'Europe/Berlin' });
    const stamps = [Date.UTC(2026, 9, 25, 0, 59, 59), Date.UTC(2026, 9, 25, 1, 0, 0)].map((time) => framer({ ...event, time }));
    expect(stamps.map((text) => text.slice(0, 32))).toEqual([
      '2026-10-25T02:59:59.000000+02:00',
      '2026-10-25T02:00:00.000000+01:00',
    ]);
  });

  it('counts and escapes as /dev/kmsg does', () => {
    const framer = createFramer({ format: 'kmsg', bootTime: event.time });
    expect([framer({ ...event, line: 'a\tb\\ü' }), framer({ ...event, line: 'x' })]).toEqual([
      '4,1,0,-;a\\x09b\\x5c\\xc3\\xbc',
      '4,2,0,-;x',
    ]);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => createFramer({ format: 'iso', timeZone: 'Mars/Olympus' })).toThrow(RangeError);
  });
});
