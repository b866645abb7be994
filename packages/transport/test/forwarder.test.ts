import { DroplensError } from '@droplens/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Forwarder, type Append, type Spool, type TransportWriter } from '../src/index.ts';
import { spoolDirectory, type SpoolDirectory } from './spool/spool-directory.ts';
import { hostRow, rowsOf } from './transport.conformance.ts';

/** Nothing is to be repaired here. */
const never = (error: unknown): void => expect.unreachable(String(error));

describe('a forwarder', () => {
  let directory: SpoolDirectory;
  let spool: Spool;
  beforeEach(() => {
    directory = spoolDirectory();
    spool = directory.open();
  });
  afterEach(async () => {
    await spool.writer.close();
    directory.remove();
  });

  /** The far side: `answers` are given to the appends one after the other, then all are taken. */
  const far = (...answers: (() => Promise<void>)[]): { to: TransportWriter; taken: [number, number][]; appends: Append[] } => {
    const taken: [number, number][] = [];
    const appends: Append[] = [];
    const to: TransportWriter = {
      open: () => Promise.resolve(),
      close: () => Promise.resolve(),
      append: async (append) => {
        // the spool reads into one buffer again and again
        appends.push(structuredClone(append));
        await answers.shift()?.();
        for (const { first, last } of append.blocks) taken.push([first, last]);
      },
    };
    return { to, taken, appends };
  };
  const refuse = (error: Error) => (): Promise<void> => Promise.reject(error);

  test('moves everything, in order and with the same borders, and deletes what arrived', async () => {
    const status = { stream: '1', epoch: '1', position: 9, time: 1, host: 'h', source: 's', lines: 1, records: 0, rejected: {} };
    await spool.writer.append({ ...rowsOf('1', 1, 10), statuses: [status], hosts: [hostRow] });
    for (const first of [11, 21]) await spool.writer.append(rowsOf('1', first, first + 9));
    const { to, taken, appends } = far();
    const forwarder = new Forwarder({ from: spool.reader, to, onFatal: never });
    await forwarder.start();
    await spool.drained();
    await forwarder.stop();
    expect(taken).toEqual([1, 11, 21].map((first) => [first, first + 9]));
    expect(appends.flatMap(({ statuses }) => statuses)).toEqual([status]);
    expect(appends.flatMap(({ hosts }) => hosts)).toEqual([hostRow]);
    expect(spool.pending().bytes).toBe(0);
  });

  test('tries the same again when the brokers do not answer', async () => {
    await spool.writer.append(rowsOf('1', 1, 10));
    const away = refuse(new DroplensError('DL_TRANSPORT_UNAVAILABLE', 'nobody answers'));
    const { to, taken, appends } = far(away, away);
    const forwarder = new Forwarder({ from: spool.reader, to, onFatal: never });
    await forwarder.start();
    await spool.drained();
    await forwarder.stop();
    expect(taken).toEqual([[1, 10]]);
    expect(appends).toHaveLength(3);
  });

  test('says what a person must repair, and keeps everything', async () => {
    await spool.writer.append(rowsOf('1', 1, 10));
    const error = new DroplensError('DL_KAFKA_ACCESS', 'wrong password');
    const onFatal = vi.fn<(error: unknown) => void>();
    const forwarder = new Forwarder({ from: spool.reader, to: far(refuse(error)).to, onFatal });
    await forwarder.start();
    await vi.waitUntil(() => onFatal.mock.calls.length > 0);
    await forwarder.stop();
    expect(onFatal).toHaveBeenCalledExactlyOnceWith(error);
    expect(spool.pending().bytes).toBeGreaterThan(0);
  });

  test('stops while an append is under way, and the next one sends it again', async () => {
    await spool.writer.append(rowsOf('1', 1, 10));
    let began = false;
    const slow: TransportWriter = {
      ...far().to,
      append: (_, { signal } = {}) => {
        began = true;
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new DroplensError('DL_TRANSPORT_UNAVAILABLE', 'ended')));
        });
      },
    };
    const forwarder = new Forwarder({ from: spool.reader, to: slow, onFatal: never });
    await forwarder.start();
    await vi.waitUntil(() => began);
    await forwarder.stop();
    const { to, taken } = far();
    const next = new Forwarder({ from: spool.reader, to, onFatal: never });
    await next.start();
    await spool.drained();
    await next.stop();
    expect(taken).toEqual([[1, 10]]);
  });
});
