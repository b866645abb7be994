import type { IncomingMessage } from 'node:http';
import type { Account } from './credentials.ts';
import type { SessionRequest } from './kept-sessions.ts';

/** What the URL and headers of a request say; the body is not read yet. */
export interface EngineRequest {
  readonly path: string;
  readonly method: string;
  /** The `query` parameter; empty when the statement is in the body. */
  readonly query: string;
  readonly queryId: string | null;
  readonly database: string | null;
  readonly defaultFormat: string | null;
  /** `param_<name>` values, escaped as in TabSeparated. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Every parameter that is none of the interface's own: settings, if the engine knows them. */
  readonly settings: ReadonlyMap<string, string>;
  readonly account: Account | null;
  /** The session to go on with, or null for one of the request's own. */
  readonly session: SessionRequest | null;
  /** Roles to take, by name. */
  readonly roles: readonly string[];
  /** The name of an option that changes the wire format in a way the endpoint cannot, or null. */
  readonly unsupported: string | null;
  readonly contentEncoding: string;
  /** Whether the response may be gzip. */
  readonly gzip: boolean;
}

/** URL parameters of ClickHouse's HTTP interface that are no settings. */
const own = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'session_id',
  'session_timeout',
  'session_check',
  'session_timezone',
  'role',
  'compress',
  'decompress',
  'enable_http_compression',
  'http_zlib_compression_level',
  'client_protocol_version',
  'stacktrace',
  'buffer_size',
  'wait_end_of_query',
  'close_session',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'cancel_http_readonly_queries_on_client_close',
  'add_http_cors_header',
]);

/** Reads URL and headers; throws nothing, whatever they hold. */
export function readRequest(request: IncomingMessage): EngineRequest {
  const raw = request.url ?? '/';
  const mark = raw.indexOf('?');
  const url = new URLSearchParams(mark < 0 ? '' : raw.slice(mark + 1));
  const parameters = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [key, value] of url) {
    if (key.startsWith('param_')) parameters.set(key.slice('param_'.length), value);
    else if (!own.has(key) && key !== '') settings.set(key, value);
  }
  const zone = url.get('session_timezone');
  if (zone !== null) settings.set('session_timezone', zone);
  const compression = url.get('enable_http_compression');
  return {
    path: mark < 0 ? raw : raw.slice(0, mark),
    method: request.method ?? 'GET',
    query: url.get('query') ?? '',
    queryId: url.get('query_id'),
    database: url.get('database') ?? header(request, 'x-clickhouse-database'),
    defaultFormat: url.get('default_format') ?? header(request, 'x-clickhouse-format'),
    parameters,
    settings,
    account: readAccount(request, url),
    session: readSession(url),
    roles: url.getAll('role'),
    unsupported: ['compress', 'decompress'].find((name) => ['1', 'true'].includes(url.get(name) ?? '')) ?? null,
    contentEncoding: (header(request, 'content-encoding') ?? 'identity').trim().toLowerCase(),
    gzip: /\bgzip\b/i.test(header(request, 'accept-encoding') ?? '') && (compression === '1' || compression === 'true'),
  };
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}

/** `session_id`, `session_timeout` (60 s, at most an hour) and `session_check`. */
function readSession(url: URLSearchParams): SessionRequest | null {
  const id = url.get('session_id');
  if (id === null || id === '') return null;
  const timeout = Number(url.get('session_timeout') ?? 60);
  return { id, timeout: timeout > 0 && timeout <= 3600 ? timeout : 60, check: url.get('session_check') === '1' };
}

/** Basic authentication, X-ClickHouse-User and -Key, or `user` and `password` in the URL, in this order. */
function readAccount(request: IncomingMessage, url: URLSearchParams): Account | null {
  const basic = /^basic\s+([a-z0-9+/=_-]+)\s*$/i.exec(header(request, 'authorization') ?? '');
  if (basic !== null) {
    const text = Buffer.from(basic[1]!, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? { username: text, password: '' } : { username: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const user = header(request, 'x-clickhouse-user');
  if (user !== null) return { username: user, password: header(request, 'x-clickhouse-key') ?? '' };
  const named = url.get('user');
  return named === null ? null : { username: named, password: url.get('password') ?? '' };
}
