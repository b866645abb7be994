import { access, constants, mkdir, opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandError, systemReason } from './command-error.ts';

/** Where what lives below the data directory; the engine's folder is its own matter. */
export function dataPaths(data: string): {
  readonly spool: string;
  readonly dead: string;
  readonly collector: string;
  readonly host: string;
} {
  return {
    spool: join(data, 'spool'),
    dead: join(data, 'spool', 'dead'),
    collector: join(data, 'collector'),
    host: join(data, 'host'),
  };
}

/** Makes the data directory if need be and finds out early whether it may be written. DL_DATA_DIRECTORY names it and the way out. */
export async function prepareDataDirectory(data: string, uid: number): Promise<void> {
  try {
    await makeDirectory(data);
    // a file that may be written and run would pass for one
    await opendir(data).then((directory) => directory.close());
    await access(data, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const remedy =
      uid === 0
        ? 'give another directory with --data'
        : 'run it as the user who owns it (usually with sudo), or give another directory with --data';
    throw new CommandError('DL_DATA_DIRECTORY', `the data directory ${data} cannot be used: ${systemReason(error)}`, remedy, {
      cause: error,
    });
  }
}

/** Not by `recursive`: where the system answers ENOENT although the parent is there (below /proc), Node 20 tries for ever. */
async function makeDirectory(path: string): Promise<void> {
  const make = async (): Promise<boolean> => {
    try {
      await mkdir(path, { mode: 0o700 });
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return true;
      if (code === 'ENOENT' && dirname(path) !== path) return false;
      throw error;
    }
  };
  if (await make()) return;
  await makeDirectory(dirname(path));
  // the parent is there now: a second ENOENT is the answer
  await mkdir(path, { mode: 0o700 });
}
