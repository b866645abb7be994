import { createHash } from 'node:crypto';

/** Kinds of log sources; a machine has one stream of each, however many files it follows. */
export const sourceKinds = ['file', 'stdin', 'journald', 'kmsg'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** 64 bits of a SHA-256 over `parts`, as decimal text: what `Range` calls a stream or an epoch. */
export function identityOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    // Lengths keep ('ab', 'c') and ('a', 'bc') apart.
    hash.update(`${part.length}:`);
    hash.update(part);
  }
  return hash.digest().readBigUInt64BE().toString();
}

/** One log source of one machine. Files share one stream: their contents tell them apart, as epochs. */
export function streamOf(machineId: string, kind: SourceKind): string {
  return identityOf('stream', machineId, kind);
}
