import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLogFile, type Truth } from '../src/index.ts';

let directory = '';
let path = '';
let truth: Truth;
let text = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'droplens-traffic-'));
  path = join(directory, 'kern.log');
  truth = await writeLogFile(path, { seed: 1, lines: 20_000, start: Date.UTC(2026, 10, 20), sources: 600 });
  text = await readFile(path, 'utf8');
});

afterAll(() => rm(directory, { recursive: true }));

const matches = (pattern: RegExp): readonly string[] => text.split('\n').filter((line) => pattern.test(line));

describe('writeLogFile', () => {
  it('gives the same bytes for a seed on every machine', () => {
    expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"44368ecb85fcc0cb"`);
  });

  it('tells the truth about its lines', () => {
    expect(text.split('\n').length - 1).toBe(truth.lines);
    expect(Buffer.byteLength(text)).toBe(truth.bytes);
    expect(matches(/ IN=\S* OUT=/).length).toBe(truth.records);
    expect(matches(/^[^[]* PROTO=TCP /).length).toBe(truth.byProtocol.TCP);
    expect(matches(/^[^[]* PROTO=UDP /).length).toBe(truth.byProtocol.UDP);
    expect(matches(/ PROTO=ICMP TYPE/).length).toBe(truth.byProtocol.ICMP);
    expect(matches(/ PROTO=ICMPv6 TYPE/).length).toBe(truth.byProtocol.ICMPv6);
    expect(matches(/ \[SRC=/).length).toBe(truth.quoted);
    expect(matches(/ HOPLIMIT=/).length).toBe(truth.ipv6);
    expect(matches(/RES=0x00 SYN URGP/).length).toBe(truth.byTcpFlags['2']);
  });

  it('tells the truth about sums and tops', () => {
    const outer = matches(/ IN=/).map((line) => line.split(' [SRC=').at(0)!);
    const sum = (pattern: RegExp): number => outer.reduce((total, line) => total + Number(pattern.exec(line)?.[1] ?? 0), 0);
    expect(sum(/ DPT=(\d+)/)).toBe(truth.dstPortSum);
    expect(sum(/ SPT=(\d+)/)).toBe(truth.srcPortSum);
    expect(sum(/ LEN=(\d+)/)).toBe(truth.lengthSum);
    expect(sum(/ (?:TTL|HOPLIMIT)=(\d+)/)).toBe(truth.ttlSum);
    const counts = new Map<string, number>();
    for (const line of outer) {
      const source = / SRC=(\S+)/.exec(line)?.[1] ?? '';
      counts.set(source, (counts.get(source) ?? 0) + 1);
    }
    expect(counts.size).toBe(truth.distinctSources);
    expect(truth.topSources[0]).toEqual([...counts].sort((left, right) => right[1] - left[1])[0]);
  });

  it('has the mix of a firewall’s log', () => {
    expect(truth.records / truth.lines).toBeCloseTo(0.995, 2);
    expect((truth.byProtocol.TCP ?? 0) / truth.records).toBeCloseTo(0.795, 1.9);
    expect((truth.byProtocol.UDP ?? 0) / truth.records).toBeCloseTo(0.152, 1.9);
    expect((truth.byProtocol.ICMP ?? 0) / truth.records).toBeCloseTo(0.0475, 1.9);
    expect(truth.ipv6 / truth.records).toBeCloseTo(0.05, 1.9);
    expect(truth.quoted / (truth.byProtocol.ICMP ?? 0)).toBeCloseTo(0.6, 1);
    expect(Object.values(truth.byLabel).reduce((sum, count) => sum + count, 0)).toBe(truth.records);
    expect(Object.keys(truth.byHost).length).toBe(4);
  });
});
