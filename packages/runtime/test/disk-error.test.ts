import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diskError } from '../src/disk-error.ts';
import { DroplensError } from '../src/errors.ts';

function failing(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code, errno: -1 });
}

describe('diskError', () => {
  it.each([
    ['ENOSPC', 'DL_DISK_FULL', 'cannot write /data: no space left (ENOSPC)'],
    ['EDQUOT', 'DL_DISK_FULL', 'cannot write /data: no space left (EDQUOT)'],
    ['EMFILE', 'DL_INTERNAL', 'cannot write /data now: EMFILE'],
    ['EACCES', 'DL_DATA_DIRECTORY', 'cannot write /data: EACCES: made up'],
  ])('%s is %s', (code, expected, message) => {
    expect(diskError(failing(code), 'write', '/data', 'DL_INTERNAL')).toMatchObject({ code: expected, message });
  });

  it('reads what the system itself throws', () => {
    let thrown: unknown;
    try {
      openSync('/nonexistent/file', 'r');
    } catch (error) {
      thrown = diskError(error, 'read', '/nonexistent/file', 'DL_INTERNAL');
    }
    expect(thrown).toMatchObject({ code: 'DL_DATA_DIRECTORY' });
  });

  it('leaves alone what is no failed file operation', () => {
    const known = new DroplensError('DL_USAGE', 'wrong');
    const unknown = new TypeError('x is not a function');
    expect(diskError(known, 'write', '/data', 'DL_INTERNAL')).toBe(known);
    expect(diskError(unknown, 'write', '/data', 'DL_INTERNAL')).toBe(unknown);
  });
});
