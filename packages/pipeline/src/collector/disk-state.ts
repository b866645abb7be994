import { DroplensError } from '@droplens/runtime';

/** What a failed operation on the collector's own files means: a full disk and a shortage of descriptors pass, anything else needs a person. */
export function stateError(error: unknown, doing: string, path: string): DroplensError {
  if (error instanceof DroplensError) return error;
  const { code = 'unknown', message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new DroplensError('DL_DISK_FULL', `cannot ${doing} ${path}: no space left (${code})`, { cause: error });
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
    case 'EAGAIN':
    case 'EBUSY':
    case 'EINTR':
      return new DroplensError('DL_SOURCE_UNREADABLE', `cannot ${doing} ${path} now: ${code}`, { cause: error });
    default:
      return new DroplensError('DL_DATA_DIRECTORY', `cannot ${doing} ${path}: ${message}`, { cause: error });
  }
}
