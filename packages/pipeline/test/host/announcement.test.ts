import type { ContactedRemote, KnownFacts } from '@droplens/transport';
import { describe, expect, test } from 'vitest';
import { Announcement, pace } from '../../src/host/announcement.ts';

const facts = { addresses: [], gateways: ['192.0.2.1'], resolvers: [], listening: [], absent: {} };
const other = { ...facts, gateways: ['192.0.2.2'] };
const start = Date.UTC(2026, 10, 26);
const minute = pace.shortestMs;
const remotes = (...addresses: string[]) => addresses.map((address) => ({ address, last: start }));

/** A host that looks at its facts at moments after `start`, and everything it says is heard. */
function host(): { look: (at: number, known?: KnownFacts, contacted?: ContactedRemote[], clockSet?: number) => unknown[] } {
  const announcement = new Announcement('web-1');
  return {
    look: (at, known = facts, contacted = remotes(), clockSet = 0) => {
      const rows = announcement.rows(known, contacted, start + at + clockSet, at);
      if (rows.length > 0) announcement.published(rows, at);
      return rows.map(({ since, time, contacted: told }) => [
        since - start,
        time - start,
        told.map(({ address }) => address).join(),
      ]);
    },
  };
}

describe('a host says', () => {
  test('at once what it knows, and again after an hour', () => {
    const { look } = host();
    expect(look(0)).toEqual([[0, 0, '']]);
    expect(look(minute)).toEqual([]);
    expect(look(pace.longestMs - 1)).toEqual([]);
    expect(look(pace.longestMs)).toEqual([[0, pace.longestMs, '']]);
  });

  test('what changed, within a minute and since when', () => {
    const { look } = host();
    look(0);
    expect(look(20_000, other)).toEqual([]);
    expect(look(40_000, other)).toEqual([]);
    expect(look(minute, other)).toEqual([[20_000, minute, '']]);
    expect(look(2 * minute, facts)).toEqual([[2 * minute, 2 * minute, '']]);
  });

  test('nothing new when only the reason of an absence changes', () => {
    const { look } = host();
    look(0);
    expect(look(minute, { ...facts, absent: { contacted: 'no rule tracks connections' } })).toEqual([]);
  });

  test('whom it contacted once, and everybody again after a day', () => {
    const { look } = host();
    const day = 24 * pace.longestMs;
    expect(look(0, facts, remotes('a'))).toEqual([[0, 0, 'a']]);
    expect(look(minute, facts, remotes('a', 'b'))).toEqual([[0, minute, 'b']]);
    expect(look(2 * minute, facts, remotes('a', 'b'))).toEqual([]);
    expect(look(pace.longestMs + minute, facts, remotes('a', 'b'))).toEqual([[0, pace.longestMs + minute, '']]);
    expect(look(day, facts, remotes('a', 'b'))).toEqual([[0, day, 'a']]);
    expect(look(day + minute, facts, remotes('b'))).toEqual([[0, day + minute, 'b']]);
    expect(look(day + 2 * minute, facts, remotes('a', 'b'))).toEqual([[0, day + 2 * minute, 'a']]);
  });

  test('many remotes in several rows', () => {
    const many = remotes(...Array.from({ length: 2001 }, (_, i) => `a${i}`));
    const rows = new Announcement('web-1').rows(facts, many, start, 0);
    expect(rows.map(({ contacted }) => contacted.length)).toEqual([1000, 1000, 1]);
    expect(rows.flatMap(({ contacted }) => contacted)).toEqual(many);
  });

  test('again what was not taken', () => {
    const announcement = new Announcement('web-1');
    expect(announcement.rows(facts, remotes('a'), start, 0)).toHaveLength(1);
    expect(announcement.rows(facts, remotes('a'), start + 1, 1)).toMatchObject([{ since: start, contacted: [{ address: 'a' }] }]);
  });

  test('what it knows also when its clock is set back', () => {
    const { look } = host();
    look(0);
    expect(look(minute, other, remotes(), -pace.longestMs)).toEqual([[1, 1, '']]);
  });
});
