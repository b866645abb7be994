import { DroplensError, errorTable, type ErrorCode } from '@droplens/runtime';
import { safeText } from './terminal/safe-text.ts';
import type { Paint } from './terminal/color.ts';
import { OutputFailed } from './terminal/terminal.ts';

/** An error whose remedy fits the moment better than the table's. */
export class CommandError extends DroplensError {
  readonly #remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.#remedy = remedy;
  }

  override get remedy(): string {
    return this.#remedy;
  }
}

/**
 * An error as a person sees it: what is wrong and its code on one line, what to do on the next; never a stack trace, unless it is
 * our own mistake. A message of several lines (a configuration with several mistakes) stays several lines.
 */
export function errorText(error: unknown, paint: Paint): string {
  if (error instanceof OutputFailed)
    return errorText(new DroplensError('DL_OUTPUT', `standard output: ${systemReason(error.cause)}`, { cause: error }), paint);
  const name = paint('bad', 'droplens:');
  if (error instanceof DroplensError) {
    const lines = error.message.split('\n').map((line) => `${name} ${safeText(line)} ${paint('dim', `[${error.code}]`)}\n`);
    return `${lines.join('')}  ${safeText(error.remedy)}\n`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${name} ${text.split('\n').map(safeText).join('\n')} ${paint('dim', '[DL_INTERNAL]')}\n  report it with the lines above\n`;
}

/** Whether a command was called wrongly and nothing but its help can be advised. */
export function isUsage(error: unknown): error is DroplensError {
  return error instanceof DroplensError && error.code === 'DL_USAGE' && error.remedy === errorTable.DL_USAGE.remedy;
}

/** What the system says about a file or a port, in words. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return (code === undefined ? undefined : reasons[code]) ?? (error instanceof Error ? error.message : String(error));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'it, or a part of its path, is no directory',
  EADDRINUSE: 'the port is taken',
  EADDRNOTAVAIL: 'this machine has no such address',
  ECONNREFUSED: 'connection refused',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ELOOP: 'too many symbolic links',
};
