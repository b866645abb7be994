import { lstat, readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/** True when `path` holds `*`, `?` or `[…]`. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/**
 * The paths that `pattern` matches now, sorted; `*`, `?` and `[a-z]` within a name, hidden files only where the pattern begins with a dot.
 * A directory that is there and cannot be listed is told to `unreadable`.
 */
export async function expandGlob(
  pattern: string,
  unreadable: (directory: string, error: NodeJS.ErrnoException) => void = () => undefined,
): Promise<string[]> {
  const absolute = isAbsolute(pattern) ? pattern : resolve(pattern);
  const parts = absolute.split('/').filter((part) => part !== '');
  let found = ['/'];
  for (const [index, part] of parts.entries()) {
    const next: string[] = [];
    for (const directory of found) {
      if (!isGlob(part)) {
        const path = join(directory, part);
        // Later parts are checked when they are listed; the last one must exist to be a match.
        if (index < parts.length - 1 || (await exists(path))) next.push(path);
        continue;
      }
      const expression = segmentExpression(part);
      for (const name of await namesIn(directory, unreadable)) if (expression.test(name)) next.push(join(directory, name));
    }
    found = next;
  }
  return found.sort();
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

async function namesIn(
  directory: string,
  unreadable: (directory: string, error: NodeJS.ErrnoException) => void,
): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone or no directory: nothing matches in it now.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') unreadable(directory, error as NodeJS.ErrnoException);
    return [];
  }
}

function segmentExpression(part: string): RegExp {
  let source = part.startsWith('.') ? '' : '(?!\\.)';
  for (let index = 0; index < part.length; index += 1) {
    const character = part[index] as string;
    const close = part.indexOf(']', index + 2);
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[' && close > 0) {
      const inner = part.slice(index + 1, close);
      source += `[${inner.replace(/^!/, '^').replaceAll('\\', '\\\\').replaceAll('[', '\\[')}]`;
      index = close;
    } else source += character.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^(?!)/; // a set that is none, such as [z-a], matches nothing
  }
}
