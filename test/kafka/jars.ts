import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const project = join(import.meta.dirname, 'pom.xml');
const libraries = join(import.meta.dirname, 'target', 'libs');

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** What the tests against a real Kafka broker need and this machine lacks, each with how to get it. */
function missing(): string[] {
  const needs: readonly (readonly [fulfilled: boolean, what: string])[] = [
    [runs('java', '-version'), 'Java 17 or newer (apt-get install openjdk-17-jre-headless)'],
    [hasJars() || runs('mvn', '-v'), 'Maven, to fetch the broker once (apt-get install maven)'],
    [runs('openssl', 'version'), 'openssl, for certificates (apt-get install openssl)'],
    [runs('kcat', '-V'), "kcat, somebody else's producer and consumer (apt-get install kcat)"],
  ];
  return needs.filter(([fulfilled]) => !fulfilled).map(([, what]) => what);
}

function hasJars(): boolean {
  return existsSync(libraries) && readdirSync(libraries).some((name) => name.startsWith('kafka_'));
}

/**
 * Whether the tests of `suite` cannot run here for want of a broker, said in one line; with `kafka` in DROPLENS_TEST_REQUIRE (a comma-separated
 * list) that is an error instead.
 */
export function withoutKafka(suite: string): boolean {
  const lacking = missing();
  if (lacking.length === 0) return false;
  const message = `${suite}: missing ${lacking.join('; ')}`;
  const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').map((each) => each.trim());
  if (required.includes('kafka')) throw new Error(message);
  process.stderr.write(`skipped – ${message}\n`);
  return true;
}

/** The class path of the broker; the first call of a checkout fetches its jars (44 MB). */
export function brokerClassPath(): string {
  if (!hasJars()) {
    const args = ['-q', '-B', '-f', project, 'dependency:copy-dependencies'];
    const { status, stdout, stderr } = spawnSync('mvn', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the broker's jars cannot be fetched:\n${stdout}${stderr}`);
  }
  return join(libraries, '*');
}
