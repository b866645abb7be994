import { describe, expect, it } from 'vitest';
import { parseBytes, parseLine } from '../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const message =
  'drop: IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=28 TOS=0x00 PREC=0x00 TTL=1 ID=1 PROTO=UDP SPT=1 DPT=53 LEN=8 ';
const entry = (fields: object): string =>
  JSON.stringify({
    __CURSOR: 's=1;i=2',
    __REALTIME_TIMESTAMP: '1795248309123456',
    _HOSTNAME: 'web-1',
    _TRANSPORT: 'kernel',
    SYSLOG_IDENTIFIER: 'kernel',
    MESSAGE: message,
    ...fields,
  });

const parse = (line: string): ReturnType<typeof parseLine> => parseLine(line, { referenceTime, host: '(none)' });
const said = (line: string): unknown => {
  const result = parse(line);
  return result.ok
    ? [result.record.host, result.record.prefix, new Date(result.record.time).toISOString(), result.record.dst_port]
    : result.reason;
};
const right = ['web-1', 'drop:', '2026-11-21T08:05:09.123Z', 53];

describe('a journal entry', () => {
  it.each<[name: string, line: string, expected: unknown]>([
    ['as it comes', entry({}), right],
    ['json-seq', `\u001e${entry({})}`, right],
    [
      'with other fields of every form',
      entry({ A: null, B: [1, 2], C: ['x', 'y'], D: { E: [{}] }, F: 1.5e3, G: true, H: 'a"b\\c' }),
      right,
    ],
    ['without a host', entry({ _HOSTNAME: undefined }), ['(none)', 'drop:', '2026-11-21T08:05:09.123Z', 53]],
    ['only a message', JSON.stringify({ MESSAGE: message }), ['(none)', 'drop:', '2026-11-21T09:00:00.000Z', 53]],
    ['spaces between', ` ${entry({}).replaceAll('":', '" : ').replaceAll(',"', ' , "')}`.trim(), right],
    ['bytes', entry({ MESSAGE: [...new TextEncoder().encode(message)] }), right],
    [
      'bytes that are no UTF-8',
      entry({ MESSAGE: [0xff, ...new TextEncoder().encode(message)] }),
      ['web-1', '\\xffdrop:', '2026-11-21T08:05:09.123Z', 53],
    ],
    [
      'escapes',
      entry({ MESSAGE: `"\\/\b\f\n\r\té\u{1f600}${message}` }),
      ['web-1', '"\\/\\x08\\x0c\\x0a\\x0d\\x09é\u{1f600}drop:', '2026-11-21T08:05:09.123Z', 53],
    ],
    [
      'escaped units',
      entry({}).replace('drop:', String.raw`\u00e9\ud83d\ude00\ud83d\u0041`),
      ['web-1', 'é\u{1f600}\ufffdA', '2026-11-21T08:05:09.123Z', 53],
    ],
    ['no message', entry({ MESSAGE: undefined }), 'not-a-packet'],
    ['a message too large for journalctl', entry({ MESSAGE: null }), 'malformed-journal'],
    ['bytes that are none', entry({ MESSAGE: [300] }), 'malformed-journal'],
    ['two messages', entry({ MESSAGE: ['a', 'b'] }), 'malformed-journal'],
    ['of another program', entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'sshd' }), 'not-kernel'],
    ['of a program that calls itself kernel', entry({ _TRANSPORT: 'syslog' }), 'not-kernel'],
    ['of a program that says so itself', entry({ _TRANSPORT: 'stdout', SYSLOG_IDENTIFIER: 'kernel' }), 'not-kernel'],
    ['of ulogd', entry({ _TRANSPORT: 'syslog', SYSLOG_IDENTIFIER: 'ulogd' }), right],
    ['without transport, of a program', entry({ _TRANSPORT: undefined, SYSLOG_IDENTIFIER: 'nginx' }), 'not-kernel'],
    ['of 1970', entry({ __REALTIME_TIMESTAMP: '1000' }), 'time-out-of-range'],
    ['longer than 64 KiB', entry({ X: 'x'.repeat(70_000) }), 'malformed-journal'],
  ])('%s', (_, line, expected) => {
    expect(said(line)).toEqual(expected);
  });

  it('cut anywhere is malformed, never half a record', () => {
    const line = entry({ MESSAGE: [...new TextEncoder().encode(message)], D: { E: ['x'] } });
    for (let end = 1; end < line.length; end++) expect(said(line.slice(0, end))).toBe('malformed-journal');
  });

  it.each(['{', '{]', '{"a":]}', '{"a"1}', '{a:1}', '{"a":"b",,}', '{"a":"\\', '{"MESSAGE":"x"', '{"a":[}'])(
    '%s is malformed',
    (line) => {
      expect(said(line)).toBe('malformed-journal');
    },
  );

  it('with a message over 8 KiB is cut and says so', () => {
    const result = parse(entry({ MESSAGE: message + 'X=1 '.repeat(4000) }));
    expect(result.longLine).toBe(true);
    expect(parseBytes(new TextEncoder().encode(entry({})), { referenceTime }).longLine).toBe(false);
  });
});
