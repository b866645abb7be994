import { z } from 'zod';
import { hostSchema, statusSchema, undercountSchema } from '../health-schema.ts';
import type { Append, HostRow } from '../transport.ts';
import type { ForeignReason, ReadMessage } from './drops-message.ts';

/*
 * A message of the status topic: what one append said about its streams beside the rows, as one JSON object.
 *
 *   key    the first stream it speaks of, as decimal text
 *   value  {"v":1,"undercounts":[…],"statuses":[…]}
 */

const version = 1;

/** What a status message says. */
export type StatusReport = Pick<Append, 'undercounts' | 'statuses'>;

const schema = z.strictObject({
  v: z.literal(version),
  undercounts: z.array(undercountSchema),
  statuses: z.array(statusSchema),
});

/** The message of an append; null when there is nothing to say. */
export function statusMessage({ undercounts, statuses }: StatusReport): { key: string; value: string } | null {
  const about = undercounts[0] ?? statuses[0];
  if (about === undefined) return null;
  return { key: about.stream, value: JSON.stringify({ v: version, undercounts, statuses }) };
}

/** What a status message says, or why it says nothing to us. Never throws, whatever the bytes. */
export function decodeStatusMessage(message: ReadMessage): StatusReport | ForeignReason {
  const parsed = decode(message, schema);
  return typeof parsed === 'string' ? parsed : { undercounts: parsed.undercounts, statuses: parsed.statuses };
}

/*
 * A message of the hosts topic: what one host says of itself.
 *
 *   key    the host's name
 *   value  {"v":1,"host":{…}}
 */

const hostMessageSchema = z.strictObject({ v: z.literal(version), host: hostSchema });

export function hostMessage(host: HostRow): { key: string; value: string } {
  return { key: host.host, value: JSON.stringify({ v: version, host }) };
}

/** What a hosts message says, or why it says nothing to us. Never throws, whatever the bytes. */
export function decodeHostMessage(message: ReadMessage): HostRow | ForeignReason {
  const parsed = decode(message, hostMessageSchema);
  return typeof parsed === 'string' ? parsed : parsed.host;
}

function decode<Schema extends z.ZodType>({ value }: ReadMessage, schema: Schema): z.output<Schema> | ForeignReason {
  let json: unknown;
  try {
    json = JSON.parse(value?.toString('utf8') ?? '');
  } catch {
    return 'foreign'; // no JSON: nobody of ours wrote it
  }
  if (typeof json !== 'object' || json === null || !('v' in json) || typeof json.v !== 'number') return 'foreign';
  if (json.v > version) return 'version';
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : 'header';
}
