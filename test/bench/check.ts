import { createReadStream } from 'node:fs';
import type { Truth } from '@droplens/traffic';

/** What a reader made of the lines, in the figures that the truth has. */
export interface Found {
  records: number;
  tcp: number;
  srcPorts: number;
  dstPorts: number;
  lengths: number;
}

/** `right`, or in which figures it is wrong. */
export interface Verdict {
  readonly right: boolean;
  readonly text: string;
}

/** Compares a reader's figures with the truth. */
export function verdict(found: Found, truth: Truth): Verdict {
  const expected: Found = {
    records: truth.records,
    tcp: truth.byProtocol['TCP'] ?? 0,
    srcPorts: truth.srcPortSum,
    dstPorts: truth.dstPortSum,
    lengths: truth.lengthSum,
  };
  const keys = Object.keys(expected) as (keyof Found)[];
  const wrong = keys.filter((key) => found[key] !== expected[key]);
  if (wrong.length === 0) return { right: true, text: 'right' };
  const difference = (key: keyof Found): string => {
    const by = found[key] - expected[key];
    return Number.isNaN(by) ? `${key} no number` : `${key} ${by > 0 ? '+' : ''}${by.toLocaleString('en')}`;
  };
  return { right: false, text: `wrong: ${wrong.map(difference).join(', ')}` };
}

/** Hands over each line of a file. */
async function eachLine(path: string, use: (line: string) => void): Promise<void> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'latin1', highWaterMark: 1 << 20 })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) use(line);
  }
  if (rest !== '') use(rest);
}

const emptyFound = (): Found => ({ records: 0, tcp: 0, srcPorts: 0, dstPorts: 0, lengths: 0 });

/** JSON in the kernel's own keys, one object a line: what syslog daemons make. */
export async function checkJson(
  path: string,
  truth: Truth,
  packetOf: (row: Record<string, unknown>) => Record<string, unknown> | undefined,
): Promise<Verdict> {
  const found = emptyFound();
  await eachLine(path, (line) => {
    const packet = packetOf(JSON.parse(line) as Record<string, unknown>);
    if (packet === undefined || packet['SRC'] === undefined) return;
    found.records += 1;
    if (packet['PROTO'] === 'TCP') found.tcp += 1;
    found.srcPorts += Number(packet['SPT'] ?? 0);
    found.dstPorts += Number(packet['DPT'] ?? 0);
    found.lengths += Number(packet['LEN'] ?? 0);
  });
  return verdict(found, truth);
}

/** droplens' own NDJSON. */
export async function checkNdjson(path: string, truth: Truth): Promise<Verdict> {
  const found = emptyFound();
  await eachLine(path, (line) => {
    const record = JSON.parse(line) as Record<string, unknown>;
    found.records += 1;
    if (record['proto'] === 'TCP') found.tcp += 1;
    found.srcPorts += Number(record['src_port'] ?? 0);
    found.dstPorts += Number(record['dst_port'] ?? 0);
    found.lengths += Number(record['length'] ?? 0);
  });
  return verdict(found, truth);
}

/** Row text: columns of `rowColumns`. */
export async function checkRowText(path: string, truth: Truth): Promise<Verdict> {
  const found = emptyFound();
  await eachLine(path, (line) => {
    const columns = line.split('\t');
    found.records += 1;
    if (columns[9] === 'TCP') found.tcp += 1;
    found.srcPorts += Number(columns[10]);
    found.dstPorts += Number(columns[11]);
    found.lengths += Number(columns[12]);
  });
  return verdict(found, truth);
}
