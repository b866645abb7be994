import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CommandFailed, Namespaces, removeLeftovers } from './namespace.ts';
import { logAllNamespaces } from './namespace-logging.ts';
import { withoutKernel } from './requirements.ts';

const listed = (): string => spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
const logging = (): string => readFileSync('/proc/sys/net/netfilter/nf_log_all_netns', 'utf8').trim();

describe.skipIf(withoutKernel('namespaces'))('the namespaces of a test', () => {
  it('are joined, take commands, say what failed, and are gone afterwards', async () => {
    const namespaces = new Namespaces();
    const left = await namespaces.add('left');
    const right = await namespaces.add('right');
    try {
      await namespaces.join(left, 'dla0', '02:64:6c:00:02:01', right, 'dlb0', '02:64:6c:00:02:02');
      expect(await left.run('ip', '-o', 'link', 'show', 'dla0')).toContain('02:64:6c:00:02:01');
      await expect(left.run('ip', 'link', 'show', 'nosuch0')).rejects.toThrow(CommandFailed);
      await expect(left.run('ip', 'link', 'show', 'nosuch0')).rejects.toThrow('"nosuch0" does not exist');
      expect(listed()).toContain(left.name);
    } finally {
      await namespaces.remove();
    }
    expect(listed()).not.toContain(left.name);
    expect(listed()).not.toContain(right.name);
  });

  it('are swept up when their process was killed, and only then', async () => {
    const namespaces = new Namespaces();
    const living = await namespaces.add('living');
    const { pid } = spawnSync('true');
    const dead = `droplens-${pid}-000000-dead`;
    spawnSync('ip', ['netns', 'add', dead]);
    try {
      expect(await removeLeftovers()).toContain(dead);
      expect(listed()).not.toContain(dead);
      expect(listed()).toContain(living.name);
    } finally {
      await namespaces.remove();
    }
  });

  it('have their packets logged while anybody wants it, and the machine its setting afterwards', () => {
    const before = logging();
    const restore = logAllNamespaces();
    const restoreAgain = logAllNamespaces();
    expect(logging()).toBe('1');
    restore();
    restoreAgain();
    expect(logging()).toBe(before);
  });
});
