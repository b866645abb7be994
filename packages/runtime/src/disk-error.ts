import { DroplensError, type ErrorCode } from './errors.ts';

/**
 * What a failed file operation on `path` means: a full disk passes (DL_DISK_FULL), a shortage of descriptors or memory passes (`shortage`,
 * a code of the caller's that is tried again), anything else needs a person (DL_DATA_DIRECTORY). What is no failed file operation is returned as it is.
 */
export function diskError(error: unknown, doing: string, path: string, shortage: ErrorCode): unknown {
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
    case 'EINTR':
      return new DroplensError(shortage, `cannot ${doing} ${path} now: ${code}`, { cause: error });
    default:
      return new DroplensError('DL_DATA_DIRECTORY', `cannot ${doing} ${path}: ${message}`, { cause: error });
  }
}
