import { DroplensError } from '@droplens/runtime';

/**
 * What a failed file operation on `path` means: a full disk passes, a shortage of descriptors passes, anything else needs a person.
 * What is no failed file operation is returned as it is.
 */
export function diskError(error: unknown, doing: string, path: string): unknown {
  if (error instanceof DroplensError || typeof (error as NodeJS.ErrnoException).errno !== 'number') return error;
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
      return new DroplensError('DL_TRANSPORT_UNAVAILABLE', `cannot ${doing} ${path}: ${code}`, { cause: error });
    default:
      return new DroplensError('DL_DATA_DIRECTORY', `cannot ${doing} ${path}: ${message}`, { cause: error });
  }
}
