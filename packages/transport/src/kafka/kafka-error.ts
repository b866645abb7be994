import { DroplensError, type ErrorCode } from '@droplens/runtime';

/** What of kafkajs' errors is looked at: protocol errors have a `type`, connection errors a `code` of Node or OpenSSL. */
interface ClientError extends Error {
  readonly type?: string;
  readonly code?: unknown;
  readonly broker?: string;
  readonly topic?: string;
  /** Of an error that stands for several. */
  readonly errors?: readonly unknown[];
}

const byType: Readonly<Record<string, ErrorCode>> = {
  SASL_AUTHENTICATION_FAILED: 'DL_KAFKA_ACCESS',
  UNSUPPORTED_SASL_MECHANISM: 'DL_KAFKA_ACCESS',
  ILLEGAL_SASL_STATE: 'DL_KAFKA_ACCESS',
  TOPIC_AUTHORIZATION_FAILED: 'DL_KAFKA_ACCESS',
  GROUP_AUTHORIZATION_FAILED: 'DL_KAFKA_ACCESS',
  CLUSTER_AUTHORIZATION_FAILED: 'DL_KAFKA_ACCESS',
  UNKNOWN_TOPIC_OR_PARTITION: 'DL_TOPIC_MISSING',
  MESSAGE_TOO_LARGE: 'DL_TOPIC_MISCONFIGURED',
  RECORD_LIST_TOO_LARGE: 'DL_TOPIC_MISCONFIGURED',
  INVALID_REPLICATION_FACTOR: 'DL_TOPIC_MISCONFIGURED',
  INVALID_CONFIG: 'DL_TOPIC_MISCONFIGURED',
  INVALID_TOPIC_EXCEPTION: 'DL_TOPIC_MISCONFIGURED',
  POLICY_VIOLATION: 'DL_TOPIC_MISCONFIGURED',
  UNSUPPORTED_VERSION: 'DL_KAFKA_VERSION',
};

const byName: Readonly<Record<string, ErrorCode>> = {
  KafkaJSSASLAuthenticationError: 'DL_KAFKA_ACCESS',
  KafkaJSServerDoesNotSupportApiKey: 'DL_KAFKA_VERSION',
  KafkaJSUnsupportedMagicByteInMessageSet: 'DL_KAFKA_VERSION',
  // a compression that we do not speak
  KafkaJSNotImplemented: 'DL_TOPIC_MISCONFIGURED',
};

/** Codes by which OpenSSL and Node refuse a certificate, or meet something that is no TLS. */
const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/;

/** An error of the client as one of ours: a code, and a sentence that says what was being done. What passes is DL_TRANSPORT_UNAVAILABLE. */
export function kafkaError(error: unknown, doing: string): DroplensError {
  if (error instanceof DroplensError) return error;
  const cause = firstCause(error);
  const where = cause.broker !== undefined ? ` at ${cause.broker}` : cause.topic !== undefined ? ` (${cause.topic})` : '';
  return new DroplensError(codeOf(cause), `cannot ${doing}${where}: ${wordsOf(cause)}`, { cause: error });
}

/** True for what the broker says when others have taken over: the group has a new generation, or takes this process for dead. */
export function isFenced(error: unknown): boolean {
  const { type } = firstCause(error);
  return (
    type === 'REBALANCE_IN_PROGRESS' ||
    type === 'ILLEGAL_GENERATION' ||
    type === 'UNKNOWN_MEMBER_ID' ||
    type === 'NOT_COORDINATOR_FOR_GROUP'
  );
}

function codeOf(error: ClientError): ErrorCode {
  if (error.type !== undefined && Object.hasOwn(byType, error.type)) return byType[error.type] as ErrorCode;
  if (Object.hasOwn(byName, error.name)) return byName[error.name] as ErrorCode;
  if (typeof error.code === 'string' && tlsCode.test(error.code)) return 'DL_KAFKA_TLS';
  return 'DL_TRANSPORT_UNAVAILABLE';
}

/** What the words of a closed connection do not say: a broker that restarts looks the same, so it is tried again. */
const hints: readonly (readonly [words: RegExp, hint: string])[] = [
  [/^Closed connection$/, 'if it stays so, that port speaks TLS (transport.tls) or wants a password (transport.sasl)'],
  [/before secure TLS connection was established$/, 'if it stays so, that port does not speak TLS (transport.tls)'],
  [/alert (bad certificate|certificate required)$/, 'it wants a certificate from this client (transport.tls.cert and key)'],
  [/^Request is not valid given the current SASL state$/, 'that port takes no password (transport.sasl)'],
  // kafkajs keeps the reason to itself
  [
    /^Failed to find group coordinator$/,
    'if it stays so, this user may not read as that group (transport.group, docs/security.md)',
  ],
  [/compression not implemented$/, "set the topic's compression.type to lz4, and delete or skip what is compressed otherwise"],
];

function wordsOf(error: ClientError): string {
  const plain = error.message.replaceAll(/\s+/g, ' ').trim();
  const message = plain.replace(/^Connection error: /, '').replace(/^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/, '$1');
  const hint = hints.find(([words]) => words.test(message))?.[1];
  return hint === undefined ? message || error.name : `${message}; ${hint}`;
}

/** kafkajs wraps: "retries exceeded" around the reason, non-retriable errors around protocol errors, and one error around those of several topics. */
function firstCause(error: unknown): ClientError {
  let found = error;
  for (let depth = 0; depth < 10; depth += 1) {
    const { cause, errors } = (found ?? {}) as Partial<ClientError>;
    const inner = cause ?? errors?.[0];
    if (!(inner instanceof Error)) break;
    found = inner;
  }
  return found instanceof Error ? found : new Error(String(found));
}
