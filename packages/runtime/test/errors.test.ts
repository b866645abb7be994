import { describe, expect, it } from 'vitest';
import { dispositionOf, DroplensError, errorTable } from '../src/errors.ts';
import { parseListen } from '../src/listen.ts';

describe('errorTable', () => {
  it.each(Object.entries(errorTable))('%s says what it means and what to do', (code, entry) => {
    expect(code).toMatch(/^DL_[A-Z]+(_[A-Z]+)*$/);
    expect(entry.meaning).toMatch(/^\S.*\.$/s);
    expect(entry.remedy).toMatch(/^[^A-Z].*[^.]$/s);
  });
});

describe('dispositionOf', () => {
  it('takes what nobody foresaw as fatal', () => {
    expect(dispositionOf(new DroplensError('DL_DISK_FULL', 'full'))).toBe('retry');
    expect(dispositionOf(new Error('?'))).toBe('fatal');
    expect(dispositionOf('text')).toBe('fatal');
  });
});

describe('parseListen', () => {
  it.each([
    ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
  ])('%s', (text, expected) => expect(parseListen(text)).toEqual(expected));

  it.each(['', '9464', '127.0.0.1', '127.0.0.1:70000', '::1:80', ':80'])('refuses %j', (text) => {
    expect(() => parseListen(text)).toThrow('is no listen address');
  });
});
