import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration, type LoadedConfiguration } from '../../src/config/load.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-'));
  file = join(directory, 'droplens.yaml');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function load(
  yaml: string,
  variables: Record<string, string> = {},
  flags: { data?: string } = {},
): Promise<LoadedConfiguration> {
  writeFileSync(file, yaml);
  return loadConfiguration({ config: file, ...flags }, { variables: { HOME: '/home/me', ...variables }, uid: 1000 });
}

async function mistakes(yaml: string, variables: Record<string, string> = {}): Promise<string[]> {
  const error = await load(yaml, variables).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'DL_CONFIG_INVALID' });
  return (error as Error).message.split('\n').map((line) => line.replace(file, 'FILE'));
}

describe('loadConfiguration', () => {
  it('goes defaults < file < environment < flags, and says where each value comes from', async () => {
    const yaml = 'host: from-file\ndata: /from-file\nadmin: {listen: "127.0.0.1:1"}\nretention:\n  raw_days: 7\n';
    const variables = { DROPLENS_HOST: 'from-variable', DROPLENS_DATA: '/from-variable', DROPLENS_ADMIN__LISTEN: '127.0.0.1:2' };
    const { config, origin } = await load(yaml, variables, { data: '/from-flag' });
    expect(config).toMatchObject({
      host: 'from-variable',
      data: '/from-flag',
      admin: { listen: '127.0.0.1:2' },
      retention: { raw_days: 7, rollup_days: 400 },
      store: { kind: 'embedded', listen: '127.0.0.1:0' },
    });
    expect([['host'], ['data'], ['retention', 'raw_days'], ['retention', 'rollup_days']].map(origin)).toEqual([
      'DROPLENS_HOST',
      '--data',
      `${file}:5`,
      'default',
    ]);
    expect(Object.isFrozen(config.retention)).toBe(true);
  });

  it('accepts an empty file, comments only, and sections with nothing in them', async () => {
    for (const yaml of ['', '# nothing\n', 'store:\n  # kind: clickhouse\nsources:\n']) {
      expect((await load(yaml)).config.store.kind).toBe('embedded');
    }
  });

  it.each([
    ['transprot: {kind: spool}', "FILE:1: transprot: unknown key (did you mean 'transport'?)"],
    ['\n\nstore:\n  lisen: 127.0.0.1:0', "FILE:4: store.lisen: unknown key (did you mean 'listen'?)"],
    ['retention: {raw_days: 0}', 'FILE:1: retention.raw_days: expected at least 1, found the number 0'],
    ['retention: {raw_days: a}', "FILE:1: retention.raw_days: expected a number, found 'a'"],
    ['sources: [{file: /a, journald: {}}]', 'FILE:1: sources[0].journald: does not go together with the keys beside it'],
    ['admin: {listen: 9464}', 'FILE:1: admin.listen: expected text, found the number 9464'],
    ['admin: {listen: "127.0.0.1:99999"}', 'FILE:1: admin.listen: expected host:port, such as 127.0.0.1:9464'],
    ['admin: [1]', 'FILE:1: admin: expected keys and values, found a list'],
    ['store: {kind: mysql}', "FILE:1: store.kind: expected one of 'embedded', 'clickhouse', found 'mysql'"],
    ['store: {kind: clickhouse}', 'FILE:1: store.url: missing: expected text'],
    ['enforce: {mode: aply}', "FILE:1: enforce.mode: expected one of 'dry-run', 'apply', found 'aply'"],
    ['sources: [{fiel: /x}]', "FILE:1: sources[0].fiel: unknown key (did you mean 'file'?)"],
    ['sources: {file: /x}', 'FILE:1: sources: expected a list, found keys and values'],
    ['__proto__: {polluted: true}', 'FILE:1: __proto__: unknown key'],
    ['host: [unclosed', 'FILE:1: '],
    ['host: a\nhost: b', 'FILE:2: Map keys must be unique'],
    ['just text', "FILE: expected keys and values, such as 'host: web-1'"],
  ])('%j', async (yaml, expected) => {
    const [first] = await mistakes(yaml);
    expect(first?.slice(0, expected.length)).toBe(expected);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('tells all mistakes at once', async () => {
    expect(await mistakes('hots: a\nretention: {raw_days: -1}')).toHaveLength(2);
  });

  it.each([
    [{ DROPLENS_HOTS: 'a' }, "DROPLENS_HOTS: hots: unknown key (did you mean 'host'?)"],
    [{ DROPLENS_STORE__LISEN: 'a' }, "DROPLENS_STORE__LISEN: store.lisen: unknown key (did you mean 'listen'?)"],
    [
      { DROPLENS_RETENTION__RAW_DAYS: 'many' },
      "DROPLENS_RETENTION__RAW_DAYS: retention.raw_days: expected a number, found 'many'",
    ],
    [{ DROPLENS_STORE____LISTEN: 'a' }, 'DROPLENS_STORE____LISTEN: no setting has such a name'],
    [{ DROPLENS_SOURCES: '[a' }, 'DROPLENS_SOURCES: '],
  ])('%j', async (variables, expected) => {
    expect((await mistakes('', variables))[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('reads lists, numbers and text that looks like a number from variables; ignores what is not for us', async () => {
    const { config } = await load('', {
      DROPLENS_HOST: '007',
      DROPLENS_RETENTION__RAW_DAYS: '14',
      DROPLENS_NETWORKS__OWN: '[192.0.2.0/24, example.org]',
      DROPLENS_STORE: '{kind: clickhouse, url: "http://localhost:8123"}',
      DROPLENS_STORE__PASSWORD: '1234',
      DROPLENS_TRANSPORT__KIND: '',
      DROPLENS_TEST_REQUIRE: 'kernel',
      DROPLENS_PORT_9464_TCP: 'tcp://10.0.0.1:9464',
    });
    expect(config).toMatchObject({
      host: '007',
      retention: { raw_days: 14 },
      networks: { own: ['192.0.2.0/24', 'example.org'] },
      store: { kind: 'clickhouse', password: '1234' },
    });
  });

  it.each([
    [0, {}, '/var/lib/droplens'],
    [1000, {}, '/home/me/.local/state/droplens'],
    [1000, { XDG_STATE_HOME: '/state' }, '/state/droplens'],
    [1000, { XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/droplens'],
  ])('keeps the data of user %i with %j in %s', async (uid, variables, expected) => {
    writeFileSync(file, '');
    const { config } = await loadConfiguration({ config: file }, { variables: { HOME: '/home/me', ...variables }, uid });
    expect(config.data).toBe(expected);
  });

  it('says when the file that was asked for cannot be read', async () => {
    const environment = { variables: { DROPLENS_CONFIG: join(directory, 'none.yaml') }, uid: 0 };
    await expect(loadConfiguration({}, environment)).rejects.toThrow(/none\.yaml: cannot be read: no such file or directory$/);
    await expect(loadConfiguration({ config: directory }, environment)).rejects.toThrow(/cannot be read: it is a directory$/);
    writeFileSync(file, ' '.repeat(1024 * 1024 + 1));
    await expect(loadConfiguration({ config: file }, environment)).rejects.toThrow('larger than 1 MiB');
  });

  it('accepts the example of the design', async () => {
    const { config } = await load(`
host: web-1                     # default: the machine's name
data: /var/lib/droplens         # default: that for root, $XDG_STATE_HOME/droplens otherwise
sources: [{file: /var/log/kern.log}, {journald: {}}, {kmsg: {}}, {stdin: {}}]   # default: found
networks:                       # addresses, CIDRs, host names
  own: []                       # never banned; hosts add what they know of themselves
  allow: []                     # never banned
  resolvers: []                 # never banned; their late answers never count
  bannable: []                  # reserved ranges that may be banned here (an internal firewall, a test)
transport: {kind: spool}        # or {kind: kafka, brokers: [...], tls: {...}, sasl: {...}}
store: {kind: embedded, listen: 127.0.0.1:0}           # or {kind: clickhouse, url, username, password, database}
retention: {raw_days: 30, rollup_days: 400}
geo: {country: path, asn: path} # default: the bundled country database
suggest: {mode: propose, policy: {...}}                # or auto
enforce: {enabled: false, backend: auto, mode: dry-run, verdict: drop, cut_established: false, limits: {...}}  # mode: apply
admin: {listen: 127.0.0.1:9464} # /metrics /healthz /readyz
`);
    expect(config.host).toBe('web-1');
  });
});
