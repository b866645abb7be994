import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A command of a namespace that failed, with what it said. */
export class CommandFailed extends Error {
  constructor(command: readonly string[], cause: unknown) {
    const said = (cause as { stderr?: string }).stderr?.trim() ?? String(cause);
    super(`${command.join(' ')}: ${said}`, { cause });
    this.name = 'CommandFailed';
  }
}

async function run(command: readonly [string, ...string[]], input?: string): Promise<string> {
  const promise = execute(command[0], command.slice(1), { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  // a command that ends without reading its input says why by its exit status, which the promise carries
  promise.child.stdin?.on('error', () => undefined).end(input ?? '');
  try {
    return (await promise).stdout;
  } catch (cause) {
    throw new CommandFailed(command, cause);
  }
}

/** One network namespace of this test: its own interfaces, addresses, rules and sysctls, and none of the machine's. */
export class Namespace {
  /** Its name in `ip netns`, unique on this machine. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Runs a command inside and returns what it printed; throws {@link CommandFailed} when it fails. */
  async run(...command: string[]): Promise<string> {
    return await run(['ip', 'netns', 'exec', this.name, ...command]);
  }

  /** Runs a command inside that reads `input` (`nft -f -`, `iptables-restore`). */
  async feed(input: string, ...command: string[]): Promise<string> {
    return await run(['ip', 'netns', 'exec', this.name, ...command], input);
  }

  /** Runs the lines of an `ip -batch` script inside (`addr add …`, `link set …`). */
  async ip(...lines: string[]): Promise<void> {
    await run(['ip', '-n', this.name, '-batch', '-'], `${lines.join('\n')}\n`);
  }

  /** Sets sysctls inside: `net.ipv4.ip_forward=1`. */
  async sysctl(...settings: string[]): Promise<void> {
    await this.run('sysctl', '-q', '-w', ...settings);
  }

  /** Starts a process inside; the caller stops it. `ip netns exec` replaces itself, so the pid is the command's own. */
  spawn(command: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, ...command], options);
  }
}

const prefix = 'droplens-';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The namespaces of one test: made together, gone together. Names hold this process's id, so no two runs meet. */
export class Namespaces {
  readonly #made: Namespace[] = [];
  readonly #tag = `${prefix}${process.pid}-${randomBytes(3).toString('hex')}`;

  /** Makes a namespace with its loopback up and IPv6's own chatter (solicitations, listener reports) switched off. */
  async add(label: string): Promise<Namespace> {
    const namespace = new Namespace(`${this.#tag}-${label}`);
    await run(['ip', 'netns', 'add', namespace.name]);
    this.#made.push(namespace);
    await namespace.sysctl(
      'net.ipv6.conf.default.accept_dad=0',
      'net.ipv6.conf.default.addr_gen_mode=1',
      'net.ipv6.conf.default.router_solicitations=0',
      'net.ipv6.conf.default.accept_ra=0',
    );
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** Joins two namespaces by a veth pair, both ends up, with the given MAC addresses. */
  async join(a: Namespace, aDevice: string, aMac: string, b: Namespace, bDevice: string, bMac: string): Promise<void> {
    // made inside, so the machine's own namespace never sees either end
    const near = `${aDevice} netns ${a.name} address ${aMac}`;
    const far = `${bDevice} netns ${b.name} address ${bMac}`;
    await run(['ip', ...`link add ${near} type veth peer name ${far}`.split(' ')]);
    await a.ip(`link set ${aDevice} up`);
    await b.ip(`link set ${bDevice} up`);
  }

  /** Removes every namespace made, with all in it; says which could not be removed. */
  async remove(): Promise<void> {
    const made = this.#made.splice(0);
    const failed = (await Promise.allSettled(made.map((each) => run(['ip', 'netns', 'del', each.name])))).flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failed.length > 0) throw new AggregateError(failed, `${failed.length} namespace(s) could not be removed`);
  }
}

/** Removes namespaces of test runs that were killed: their names hold the id of a process that is gone. */
export async function removeLeftovers(): Promise<string[]> {
  let names: string[];
  try {
    names = readdirSync('/run/netns');
  } catch {
    return []; // no namespace was ever made here
  }
  const dead = names.filter((name) => {
    const pid = /^droplens-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !alive(Number(pid));
  });
  for (const name of dead) await run(['ip', 'netns', 'del', name]);
  return dead;
}
