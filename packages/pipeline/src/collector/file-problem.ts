/** What is said of a file that is not there. */
export const absent = 'does not exist';

/** True when nothing is there under the name. */
export function isAbsence(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR';
}

/** Why a log file cannot be read, for a person. */
export function problemOf(error: NodeJS.ErrnoException): string {
  if (isAbsence(error)) return absent;
  switch (error.code ?? '') {
    case 'EACCES':
    case 'EPERM':
      return `no permission (user ${process.getuid?.() ?? '?'})`;
    case 'EISDIR':
      return 'it is a directory; name a file in it, or a pattern such as *.log';
    case 'ENOTREG':
      return 'it is no regular file';
    case 'ELOOP':
      return 'its symbolic links go in a circle';
    default:
      return error.message;
  }
}
