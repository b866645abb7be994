import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHostMessage, decodeStatusMessage, hostMessage, statusMessage } from '../../src/kafka/status-message.ts';
import { hostRow } from '../transport.conformance.ts';

const undercount = {
  stream: '1',
  epoch: '2',
  position: 3,
  time: 1_795_132_800_123,
  host: 'wéb "1"',
  cause: 'net-ratelimit',
  count: 0,
};
const status = {
  stream: '18446744073709551615',
  epoch: '2',
  position: 30,
  time: 1_795_132_800_124,
  host: 'web-1',
  source: '/var/log/ü.log',
  lines: 9,
  records: 4,
  rejected: { arp: 2 },
};
const bytes = (json: unknown): { value: Buffer } => ({
  value: Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)),
});

describe('a status message', () => {
  test('is read as it was written', () => {
    const report = { undercounts: [undercount], statuses: [status] };
    const message = statusMessage(report);
    expect(message?.key).toBe('1');
    expect(decodeStatusMessage(bytes(message?.value))).toEqual(report);
    expect(statusMessage({ undercounts: [], statuses: [status] })?.key).toBe(status.stream);
  });

  test('is none when there is nothing to say', () => {
    expect(statusMessage({ undercounts: [], statuses: [] })).toBeNull();
  });

  const good = { v: 1, undercounts: [undercount], statuses: [status] };
  test.each<[string, unknown, string]>([
    ['no JSON', 'hello', 'foreign'],
    ['nothing', '', 'foreign'],
    ['a list', [1], 'foreign'],
    ['null', 'null', 'foreign'],
    ['no version', { undercounts: [], statuses: [] }, 'foreign'],
    ['a version in words', { ...good, v: '1' }, 'foreign'],
    ['a newer version', { v: 2, anything: true }, 'version'],
    ['an unknown key', { ...good, more: 1 }, 'header'],
    ['no statuses', { v: 1, undercounts: [] }, 'header'],
    ['a negative count', { ...good, undercounts: [{ ...undercount, count: -1 }] }, 'header'],
    ['a stream that is no number', { ...good, statuses: [{ ...status, stream: 'x' }] }, 'header'],
    ['a stream beyond UInt64', { ...good, statuses: [{ ...status, stream: '18446744073709551616' }] }, 'header'],
    ['a position beyond what a number holds', { ...good, statuses: [{ ...status, position: 2 ** 60 }] }, 'header'],
  ])('that holds %s says nothing to us', (_, json, reason) => {
    expect(decodeStatusMessage(bytes(json))).toBe(reason);
  });
});

describe('a hosts message', () => {
  test('is read as it was written, and its key is the host', () => {
    const { key, value } = hostMessage(hostRow);
    expect(key).toBe(hostRow.host);
    expect(decodeHostMessage(bytes(value))).toEqual(hostRow);
  });

  test.each<[string, unknown, string]>([
    ['a status', { v: 1, undercounts: [], statuses: [] }, 'header'],
    ['a newer version', { v: 9 }, 'version'],
    ['a host without facts', { v: 1, host: { ...hostRow, facts: undefined } }, 'header'],
    ['an address that is none by its length', { v: 1, host: withGateway('x'.repeat(46)) }, 'header'],
  ])('that holds %s says nothing to us', (_, json, reason) => {
    expect(decodeHostMessage(bytes(json))).toBe(reason);
  });

  test('a tombstone says nothing to us', () => {
    expect(decodeHostMessage({ value: null })).toBe('foreign');
  });
});

describe('a message of status or hosts', () => {
  test('never makes the decoder throw, whatever it holds', () => {
    const values = fc.oneof(
      fc.uint8Array().map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
      fc.jsonValue().map((json) => Buffer.from(JSON.stringify({ v: 1, host: json, undercounts: json, statuses: json }))),
      fc.constant(null),
    );
    fc.assert(
      fc.property(values, (value) => {
        const refused = [decodeStatusMessage({ value }), decodeHostMessage({ value })].filter(
          (found) => typeof found === 'string',
        );
        expect(['foreign', 'version', 'header']).toEqual(expect.arrayContaining(refused));
      }),
    );
  });
});

function withGateway(gateway: string): unknown {
  return { ...hostRow, facts: { ...hostRow.facts, gateways: [gateway] } };
}
