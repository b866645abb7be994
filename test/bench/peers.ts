import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { checkJson } from './check.ts';
import { missing, type Contender } from './contender.ts';
import type { Input } from './input.ts';
import { run } from './run.ts';

/** Where a program is on the PATH. */
export function find(name: string): string | null {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      continue;
    }
  }
  return null;
}

const topProgram = `{
  if (match($0, / SRC=[^ ]+/)) source[substr($0, RSTART + 5, RLENGTH - 5)]++
  if (match($0, / DPT=[0-9]+/)) port[substr($0, RSTART + 5, RLENGTH - 5)]++
} END { for (s in source) if (source[s] > most) { most = source[s]; who = s } print who, most }`;

const ruleBase = `version=2
rule=:%date:date-rfc3164% %host:word% kernel: [%uptime:char-to:]%] iptables denied: %packet:v2-iptables%
`;

function rsyslogConfiguration(directory: string, input: string): string {
  return `global(workDirectory="${directory}" net.enableDNS="off")
module(load="imfile" mode="inotify")
module(load="mmnormalize")
template(name="json" type="list") { property(name="$!all-json") constant(value="\\n") }
ruleset(name="normalize") {
  action(type="mmnormalize" ruleBase="${directory}/iptables.rulebase" useRawMsg="on")
  action(type="omfile" file="${directory}/rsyslog.json" template="json" ioBufferSize="256k" flushOnTXEnd="off")
}
input(type="imfile" file="${input}" tag="kernel:" ruleset="normalize")
`;
}

const syslogNgConfiguration = (directory: string): string => `@version: 3.38
source s_in { stdin(flags(no-parse)); };
parser p_kv { kv-parser(prefix("k.")); };
destination d_out { file("${directory}/syslog-ng.json" template("$(format-json --rekey k.* --shift 2 --key k.*)\\n")); };
log { source(s_in); parser(p_kv); destination(d_out); };
`;

/** True once a file has had the same size, not zero, for two seconds. */
function settled(path: string): () => boolean {
  let size = 0;
  let since = performance.now();
  return () => {
    const now = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (now !== size) since = performance.now();
    size = now;
    return size > 0 && performance.now() - since > 2000;
  };
}

/** Who else reads such lines: floors (`wc`, `grep`), one-liners, and the parsers of syslog daemons. Daemons run in the foreground on files of their own. */
export async function peers(input: Input, directory: string): Promise<readonly Contender[]> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'iptables.rulebase'), ruleBase);
  await writeFile(join(directory, 'rsyslog.conf'), rsyslogConfiguration(directory, input.path));
  await writeFile(join(directory, 'syslog-ng.conf'), syslogNgConfiguration(directory));
  const awk = (name: string, install: string): Contender =>
    find(name) === null
      ? missing(`${name}: top SRC, DPT`, install)
      : { name: `${name}: top SRC, DPT`, run: () => run([name, topProgram, input.path], { environment: { LC_ALL: 'C' } }) };
  const daemon = (name: string, executable: string, install: string, contender: () => Omit<Contender, 'name'>): Contender =>
    find(executable) === null ? missing(name, install) : { name, ...contender() };
  const json = (name: string): string => join(directory, `${name}.json`);
  return [
    { name: 'wc -l', run: () => run(['wc', '-l', input.path]) },
    // not into /dev/null: grep would stop at the first match
    {
      name: 'grep -c SRC=',
      run: () => run(['grep', '-c', 'SRC=', input.path], { stdout: join(directory, 'grep.count'), environment: { LC_ALL: 'C' } }),
    },
    awk('mawk', 'apt-get install mawk'),
    awk('gawk', 'apt-get install gawk'),
    daemon('lognormalizer v2-iptables → JSON', 'lognormalizer', 'apt-get install liblognorm-utils', () => ({
      run: () =>
        run(['lognormalizer', '-r', join(directory, 'iptables.rulebase'), '-e', 'json'], {
          stdin: input.path,
          stdout: json('lognormalizer'),
        }),
      check: () => checkJson(json('lognormalizer'), input.truth, (row) => row['packet'] as Record<string, unknown> | undefined),
    })),
    daemon('rsyslog imfile + mmnormalize → JSON', 'rsyslogd', 'apt-get install --no-install-recommends rsyslog', () => ({
      run: async () => {
        await rm(json('rsyslog'), { force: true });
        await forgetPositions(directory);
        const command = ['rsyslogd', '-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'rsyslog.pid')];
        const cost = await run(command, { until: settled(json('rsyslog')) });
        return { ...cost, wallSeconds: cost.wallSeconds - 2 };
      },
      check: () => checkJson(json('rsyslog'), input.truth, (row) => row['packet'] as Record<string, unknown> | undefined),
    })),
    daemon('syslog-ng kv-parser → JSON', 'syslog-ng', 'apt-get install --no-install-recommends syslog-ng-core', () => ({
      run: async () => {
        await rm(json('syslog-ng'), { force: true });
        const own = ['-f', 'syslog-ng.conf', '--persist-file', 'persist', '--control', 'control', '--pidfile', 'pid'];
        const parameters = own.map((word) => (word.startsWith('-') ? word : join(directory, word))).join(' ');
        // it can read a pipe to its end, but no file: cat's share is in its figure
        return await run(['sh', '-c', `cat '${input.path}' | syslog-ng -F --no-caps ${parameters}`]);
      },
      check: () => checkJson(json('syslog-ng'), input.truth, (row) => row),
    })),
  ];
}

/** imfile keeps where it was in `imfile-state:…` files: without them it begins at the beginning. */
async function forgetPositions(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith('imfile-state')) await rm(join(directory, name), { recursive: true, force: true });
  }
}
