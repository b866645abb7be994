import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'packages/cli/bin/droplens.js');
const variables = ['DROPLENS_WRITER_PASSWORD', 'DROPLENS_READER_PASSWORD', 'GRAFANA_ADMIN_PASSWORD', 'KAFKA_CLUSTER_ID'];
/** Services of our own image, with the configuration each is given. */
const own = { load: 'load.yaml', collect: 'collect.yaml' } as const;

interface Service {
  readonly image: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly security_opt: readonly string[];
  readonly mem_limit: string | number;
  readonly pids_limit: number;
  readonly restart: string;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly entrypoint?: readonly string[];
}

interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Whether the composition cannot be checked here; an error where it must be (`compose` in DROPLENS_TEST_REQUIRE). */
function withoutCompose(): boolean {
  if (spawnSync('docker-compose', ['version'], { stdio: 'ignore' }).status === 0) return false;
  const message = 'docker-compose.yml: missing docker-compose (apt-get install docker-compose)';
  const required = (process.env['DROPLENS_TEST_REQUIRE'] ?? '').split(',').map((each) => each.trim());
  if (required.includes('compose')) throw new Error(message);
  process.stderr.write(`skipped – ${message}\n`);
  return true;
}

describe.skipIf(withoutCompose())('docker-compose.yml, as docker-compose reads it', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'droplens-compose-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const check = (values: readonly string[]): { status: number | null; stderr: string } => {
    const file = join(directory, 'environment');
    writeFileSync(file, `${values.join('\n')}\n`);
    const { PATH, HOME } = process.env;
    return spawnSync('docker-compose', ['--env-file', file, 'config', '-q'], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH, HOME },
    });
  };

  it('is valid', () => {
    expect(check(variables.map((name) => `${name}=x`))).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(variables)('does not start without %s, and says what to do', (name) => {
    const { status, stderr } = check(variables.filter((other) => other !== name).map((other) => `${other}=x`));
    expect(status).not.toBe(0);
    expect(stderr).toContain('.env.example');
  });
});

describe('docker-compose.yml', () => {
  const project = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Project;
  const services = (): [string, Service][] => Object.entries(project.services);

  it('has the services of a fleet', () => {
    expect(Object.keys(project.services).sort()).toEqual(['clickhouse', 'collect', 'grafana', 'kafka', 'load']);
  });

  it('holds no secret, and .env.example names every one without a value', () => {
    const lines = readFileSync(join(root, '.env.example'), 'utf8').split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual(variables.map((name) => `${name}=`));
    const secret = services()
      .flatMap(([, { environment = {} }]) => Object.entries(environment))
      .filter(([key]) => /PASSWORD|SECRET|TOKEN|CLUSTER_ID/.test(key));
    expect(secret.length).toBeGreaterThan(variables.length);
    for (const [key, value] of secret) expect(value, key).toMatch(/^\$\{[A-Z_]+:\?/);
    expect(spawnSync('git', ['check-ignore', '-q', '.env'], { cwd: root }).status, '.env could be committed').toBe(0);
  });

  it('pins every image, restarts, and is watched, bounded and without privileges', () => {
    for (const [name, service] of services()) {
      expect(service.image, name).toMatch(/^[a-z/-]+:\d+\.\d+\.\d+(\.\d+)?$/);
      expect(service.user, name).toMatch(/^[1-9]\d*:\d+$/);
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
      });
      expect(service.cap_add ?? [], name).toEqual([]);
      expect(service.privileged ?? false, name).toBe(false);
      expect(service.healthcheck.test[0], name).toBe('CMD');
      expect(String(service.mem_limit), name).toMatch(/^\d+[mg]?$/);
      expect(service.pids_limit, name).toBeGreaterThan(0);
    }
  });

  it('publishes nothing but Grafana, on loopback, and only Grafana reaches the world', () => {
    const published = services().flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(published).toEqual([['grafana', '127.0.0.1:3000:3000']]);
    const outside = Object.keys(project.networks).filter((name) => project.networks[name]?.internal !== true);
    const reaching = services().filter(([, { networks }]) => networks.some((name) => outside.includes(name)));
    expect(reaching.map(([name]) => name)).toEqual(['grafana']);
    expect(project.services['collect']?.networks).toEqual(['queue']);
  });

  it('mounts files that exist, nothing of the host writable, and keeps data in named volumes', () => {
    const host = ['/var/log', '/etc/machine-id'];
    const mounts = services().flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')));
    const named = mounts.filter(([source = '']) => !/^[./]/.test(source)).map(([source]) => source);
    expect(named.sort()).toEqual(Object.keys(project.volumes).sort());
    const bound = mounts.filter(([source = '']) => /^[./]/.test(source));
    expect(bound.filter(([, , mode]) => mode !== 'ro')).toEqual([]);
    const files = bound.map(([source = '']) => source).filter((source) => !host.includes(source));
    expect(files.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  });

  it('gives each service the passwords it needs and no others', () => {
    const given = services().map(([name, { environment = {} }]) => [
      name,
      Object.values(environment)
        .flatMap((value) => /^\$\{(\w+PASSWORD):/.exec(value)?.[1] ?? [])
        .sort(),
    ]);
    expect(Object.fromEntries(given)).toEqual({
      clickhouse: ['DROPLENS_READER_PASSWORD', 'DROPLENS_WRITER_PASSWORD'],
      collect: [],
      grafana: ['DROPLENS_READER_PASSWORD', 'GRAFANA_ADMIN_PASSWORD'],
      kafka: [],
      load: ['DROPLENS_WRITER_PASSWORD'],
    });
  });

  it.each(Object.entries(own))('%s runs with deploy/droplens/%s, which is valid', (name, file) => {
    const service = project.services[name];
    expect(service?.command).toEqual([name, '--config', `/etc/droplens/${file}`]);
    expect(service?.volumes).toContain(`./deploy/droplens/${file}:/etc/droplens/${file}:ro`);
    const { PATH } = process.env;
    const config = join(root, 'deploy/droplens', file);
    const result = spawnSync(process.execPath, [program, 'config', 'check', '--config', config], {
      encoding: 'utf8',
      env: { PATH, ...service?.environment },
    });
    expect(result.stdout + result.stderr).toBe(`ok: ${config}\n`);
  });

  it('lets collectors and loaders agree on the partitions', () => {
    const topics = readdirSync(join(root, 'deploy/droplens')).map(
      (file) =>
        (parse(readFileSync(join(root, 'deploy/droplens', file), 'utf8')) as { transport: { topics: unknown } }).transport.topics,
    );
    expect(topics[0]).toEqual(topics[1]);
  });

  it('points Grafana at the account that may only read, with its password from the environment', () => {
    const file = join(root, 'deploy/grafana/provisioning/datasources/droplens.yaml');
    const { datasources } = parse(readFileSync(file, 'utf8')) as { datasources: Record<string, unknown>[] };
    expect(datasources).toMatchObject([
      {
        type: 'grafana-clickhouse-datasource',
        jsonData: { username: 'droplens_reader', host: 'clickhouse', protocol: 'http', defaultDatabase: 'droplens' },
        secureJsonData: { password: '$DROPLENS_READER_PASSWORD' },
      },
    ]);
    expect(project.services['grafana']?.environment?.['GF_PLUGINS_PREINSTALL_SYNC']).toBe('grafana-clickhouse-datasource@4.20.0');
  });
});

describe('deploy/Dockerfile', () => {
  const text = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');

  it('pins its base, runs as nobody special, and sends no secret to the builder', () => {
    expect([...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)).toEqual([
      'node:20.20.2-bookworm-slim',
      'node:20.20.2-bookworm-slim',
    ]);
    expect(text).toContain('\nUSER node\n');
    const sent = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    expect(sent.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    for (const [, sources = ''] of text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)) {
      for (const source of sources.split(' ')) {
        const path = source.replace(/^\.\//, '');
        expect(existsSync(join(root, path)), path).toBe(true);
        expect(sent, path).toContain(`!${path}`);
      }
    }
  });
});
