import { Document, isMap, isScalar, isSeq, type Node } from 'yaml';
import { safeText } from '../terminal/safe-text.ts';
import type { Path } from './layer.ts';
import type { LoadedConfiguration } from './load.ts';

const secretKey = /(^|_)(password|passphrase|secret|token|key|credentials)$/;
const redacted = '********';

/** The configuration in force as YAML, each value with the place it comes from; secrets are not shown. */
export function printConfiguration({ config, file, origin }: LoadedConfiguration): string {
  const document = new Document(redact(config));
  comment(document.contents as Node, [], origin);
  const head =
    file === null ? '# no configuration file; all values are defaults unless said otherwise\n' : `# file: ${safeText(file)}\n`;
  return head + document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function redact(value: unknown, key = ''): unknown {
  if (secretKey.test(key) && value !== '' && value !== null && value !== undefined) return redacted;
  if (typeof value === 'string') return value.replace(/(:\/\/[^/:@\s]*):[^/@\s]+@/, `$1:${redacted}@`);
  if (Array.isArray(value)) return value.map((item) => redact(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redact(inner, name)]));
  }
  return value;
}

function comment(node: Node, path: Path, origin: (path: Path) => string): void {
  if (isMap(node)) {
    if (node.items.length === 0) node.flow = true;
    if (node.items.length === 0) node.comment = ` ${safeText(origin(path))}`;
    for (const { key, value } of node.items) comment(value as Node, [...path, String(isScalar(key) ? key.value : key)], origin);
  } else if (isSeq(node) || isScalar(node)) {
    if (isSeq(node)) node.flow = true;
    node.comment = ` ${safeText(origin(path))}`;
  }
}
