/**
 * The two requests clickhouse-go sends before any other, answered without the engine so that connecting never waits behind
 * a slow query. The framing of the first is that of protocol revision 54460, and it says revision 0: from then on the
 * driver reads plain Native blocks, which is what the engine gives (seen with clickhouse-go 2.43 and 2.47).
 */
export const helloQuery = 'SELECT displayName(), version(), revision(), timezone()';

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** The answer to `helloQuery`: block info, then 4 columns of one row. */
export function helloBlock(displayName: string, version: string): Buffer {
  const column = (name: string, type: string, data: Buffer): Buffer =>
    Buffer.concat([text(name), text(type), Buffer.from([0]), data]);
  return Buffer.concat([
    Buffer.from([0x01, 0x00, 0x02, 0xff, 0xff, 0xff, 0xff, 0x00, 0x04, 0x01]),
    column('displayName()', 'String', text(displayName)),
    column('version()', 'String', text(version)),
    column('revision()', 'UInt32', Buffer.alloc(4)),
    column('timezone()', 'String', text('UTC')),
  ]);
}

/** `SELECT 1` as a Native block. */
export const oneBlock = Buffer.from([0x01, 0x01, 0x01, 0x31, 0x05, 0x55, 0x49, 0x6e, 0x74, 0x38, 0x01]);
