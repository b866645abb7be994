import { DroplensError } from '@droplens/runtime';
import { describe, expect, test } from 'vitest';
import { isFenced, kafkaError } from '../../src/kafka/kafka-error.ts';

const error = (message: string, fields: object = {}): Error => Object.assign(new Error(message), fields);
const said = (given: unknown): [string, string] => {
  const { code, message } = kafkaError(given, 'write to t');
  return [code, message];
};

describe("a client's error", () => {
  test.each([
    ['SASL_AUTHENTICATION_FAILED', 'DL_KAFKA_ACCESS'],
    ['TOPIC_AUTHORIZATION_FAILED', 'DL_KAFKA_ACCESS'],
    ['GROUP_AUTHORIZATION_FAILED', 'DL_KAFKA_ACCESS'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'DL_TOPIC_MISSING'],
    ['MESSAGE_TOO_LARGE', 'DL_TOPIC_MISCONFIGURED'],
    ['INVALID_REPLICATION_FACTOR', 'DL_TOPIC_MISCONFIGURED'],
    ['UNSUPPORTED_VERSION', 'DL_KAFKA_VERSION'],
    ['NOT_ENOUGH_REPLICAS', 'DL_TRANSPORT_UNAVAILABLE'],
    ['LEADER_NOT_AVAILABLE', 'DL_TRANSPORT_UNAVAILABLE'],
    ['constructor', 'DL_TRANSPORT_UNAVAILABLE'],
  ])('of type %s is %s', (type, code) => {
    expect(said(error('no', { type }))).toEqual([code, 'cannot write to t: no']);
  });

  test.each([
    ['CERT_HAS_EXPIRED', 'DL_KAFKA_TLS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'DL_KAFKA_TLS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'DL_KAFKA_TLS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DL_KAFKA_TLS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'DL_KAFKA_TLS'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'DL_KAFKA_TLS'],
    ['EPROTO', 'DL_KAFKA_TLS'],
    ['ECONNREFUSED', 'DL_TRANSPORT_UNAVAILABLE'],
    ['ENOTFOUND', 'DL_TRANSPORT_UNAVAILABLE'],
    [87, 'DL_TRANSPORT_UNAVAILABLE'],
  ])('with the code %s is %s', (code, ours) => {
    expect(said(error('Connection error: no', { code, broker: 'b:9092' }))).toEqual([ours, 'cannot write to t at b:9092: no']);
  });

  test.each([
    ['KafkaJSSASLAuthenticationError', 'DL_KAFKA_ACCESS'],
    ['KafkaJSServerDoesNotSupportApiKey', 'DL_KAFKA_VERSION'],
    ['KafkaJSConnectionClosedError', 'DL_TRANSPORT_UNAVAILABLE'],
  ])('with the name %s is %s', (name, code) => {
    expect(said(error('no', { name }))[0]).toBe(code);
  });

  test('is told by what is at the bottom of it', () => {
    const bottom = error('not yours', { type: 'TOPIC_AUTHORIZATION_FAILED' });
    const wrapped = error('given up', { name: 'KafkaJSNumberOfRetriesExceeded', cause: error('again', { cause: bottom }) });
    expect(said(wrapped)).toEqual(['DL_KAFKA_ACCESS', 'cannot write to t: not yours']);
  });

  test('that stands for several is told by the first, which names its topic', () => {
    const errors = [error('not yours', { type: 'TOPIC_AUTHORIZATION_FAILED', topic: 'a' }), error('other')];
    expect(said(error('Topic creation errors', { errors }))).toEqual(['DL_KAFKA_ACCESS', 'cannot write to t (a): not yours']);
  });

  test('that goes round in a circle is one of ours all the same', () => {
    const circle = error('round');
    (circle as { cause?: unknown }).cause = circle;
    expect(said(circle)).toEqual(['DL_TRANSPORT_UNAVAILABLE', 'cannot write to t: round']);
  });

  test.each([
    [new Error(''), 'cannot write to t: Error'],
    ['just words', 'cannot write to t: just words'],
    [undefined, 'cannot write to t: undefined'],
    [error('one\n  two'), 'cannot write to t: one two'],
    [
      error('806C:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../deps/x.c:1601:SSL alert number 42'),
      'cannot write to t: sslv3 alert bad certificate; it wants a certificate from this client (transport.tls.cert and key)',
    ],
  ])('%o is put in one sentence', (given, sentence) => {
    expect(said(given)[1]).toBe(sentence);
  });

  test('keeps what caused it, and one of ours stays as it is', () => {
    const cause = error('no');
    expect(kafkaError(cause, 'x').cause).toBe(cause);
    const ours = new DroplensError('DL_TOPIC_MISSING', 'gone');
    expect(kafkaError(ours, 'x')).toBe(ours);
  });
});

test.each([
  ['REBALANCE_IN_PROGRESS', true],
  ['ILLEGAL_GENERATION', true],
  ['UNKNOWN_MEMBER_ID', true],
  ['NOT_COORDINATOR_FOR_GROUP', true],
  ['COORDINATOR_LOAD_IN_PROGRESS', false],
  ['REQUEST_TIMED_OUT', false],
])('%s means that others have taken over: %s', (type, fenced) => {
  expect(isFenced(error('no', { type }))).toBe(fenced);
  expect(isFenced(error('wrapped', { cause: error('no', { type }) }))).toBe(fenced);
});
