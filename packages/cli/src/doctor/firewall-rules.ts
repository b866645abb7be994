/** What a rule set says about logging, as far as it explains why lines do or do not arrive. */
export interface RuleSummary {
  readonly rules: number;
  /** Rules that print to the kernel log. */
  readonly logging: readonly LoggingRule[];
  /** Rules that hand packets to a program (NFLOG, `log group`) or to the audit log: these never reach the kernel log. */
  readonly elsewhere: number;
  /** Rules and chain policies that drop or reject. */
  readonly denying: number;
}

/** A rule that prints packets to the kernel log. */
export interface LoggingRule {
  /** `iptables INPUT`, `nft inet filter input`. */
  readonly place: string;
  readonly prefix: string;
  /** Kernel level 0 (emerg) to 7 (debug); null when the listing does not tell. */
  readonly level: number | null;
  /** Packets that reached it; null when it does not count. */
  readonly packets: number | null;
  /** `5/min`: only so many packets are printed; null without a limit. */
  readonly limit: string | null;
}

export const levelNames = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** nft and iptables print a packet at this level unless told otherwise. */
const defaultLevel = 4;

/** Reads what `iptables-save -c` or `ip6tables-save -c` prints. */
export function readIptablesSave(text: string, tool: string): RuleSummary {
  const logging: LoggingRule[] = [];
  let rules = 0;
  let elsewhere = 0;
  let denying = 0;
  for (const line of text.split('\n')) {
    if (/^:\S+ DROP /.test(line)) denying += 1;
    const rule = /^(?:\[(\d+):\d+\] )?-A (\S+)(.*)$/.exec(line);
    if (rule === null) continue;
    rules += 1;
    const [, packets, chain, rest] = rule as unknown as [string, string | undefined, string, string];
    const target = / -[jg] (\S+)/.exec(rest)?.[1];
    if (target === 'DROP' || target === 'REJECT') denying += 1;
    else if (target === 'NFLOG' || target === 'ULOG' || target === 'AUDIT') elsewhere += 1;
    else if (target === 'LOG') {
      const level = / --log-level (\S+)/.exec(rest)?.[1];
      logging.push({
        place: `${tool} ${chain}`,
        prefix:
          / --log-prefix (?:"((?:[^"\\]|\\.)*)"|(\S+))/
            .exec(rest)
            ?.slice(1)
            .find((part) => part !== undefined) ?? '',
        level: level === undefined ? defaultLevel : levelNumber(level),
        packets: packets === undefined ? null : Number(packets),
        limit: / --(?:limit|hashlimit-upto) (\S+)/.exec(rest)?.[1] ?? null,
      });
    }
  }
  return { rules, logging, elsewhere, denying };
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr?: readonly Readonly<Record<string, unknown>>[];
}

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly policy?: string;
}

/** Tables of iptables-nft, which `iptables-save` shows better. */
const iptablesTables = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/** Reads what `nft -j list ruleset` prints; null when it is no such JSON. With `withoutIptables`, tables of iptables are left out. */
export function readNftRuleset(json: string, withoutIptables: boolean): RuleSummary | null {
  let items: readonly { readonly rule?: NftRule; readonly chain?: NftChain }[];
  try {
    items = (JSON.parse(json) as { nftables: typeof items }).nftables;
  } catch {
    return null; // an nft without JSON says so in words
  }
  if (!Array.isArray(items)) return null;
  const ours = ({ family, table }: { family: string; table: string }): boolean =>
    !(withoutIptables && (family === 'ip' || family === 'ip6') && iptablesTables.has(table));
  const rules = items.flatMap(({ rule }) => (rule !== undefined && ours(rule) ? [rule] : []));
  const policies = items.filter(({ chain }) => chain?.policy === 'drop' && ours(chain)).length;
  const has = (rule: NftRule, key: string): boolean => expressionsOf(rule).some((expression) => key in expression);
  const logs = rules.flatMap((rule) => expressionsOf(rule).flatMap((expression) => logExpression(rule, expression)));
  return {
    rules: rules.length,
    logging: logs.filter((log) => log !== 'elsewhere'),
    elsewhere: logs.filter((log) => log === 'elsewhere').length,
    denying: policies + rules.filter((rule) => has(rule, 'drop') || has(rule, 'reject')).length,
  };
}

function logExpression(rule: NftRule, expression: Readonly<Record<string, unknown>>): readonly (LoggingRule | 'elsewhere')[] {
  const target = (expression['xt'] as { type?: string; name?: string } | undefined)?.name;
  const isLog = 'log' in expression || target === 'LOG';
  if (!isLog) return [];
  const log = (expression['log'] ?? {}) as { prefix?: string; level?: string; group?: number };
  if (log.group !== undefined || log.level === 'audit') return ['elsewhere'];
  const counter = rule.expr?.find((one) => 'counter' in one)?.['counter'] as { packets?: number } | undefined;
  const limit = rule.expr?.find((one) => 'limit' in one)?.['limit'] as { rate: number; per: string; inv?: boolean } | undefined;
  return [
    {
      place: `nft ${rule.family} ${rule.table} ${rule.chain}`,
      prefix: log.prefix ?? '',
      level: target === 'LOG' ? null : log.level === undefined ? defaultLevel : levelNumber(log.level),
      packets: counter?.packets ?? null,
      limit: limit === undefined || limit.inv === true ? null : `${limit.rate}/${limit.per}`,
    },
  ];
}

/** `warning`, `warn`, `4` → 4; null for anything else. */
export function levelNumber(text: string): number | null {
  if (/^[0-7]$/.test(text)) return Number(text);
  const alias: Readonly<Record<string, number>> = { panic: 0, emergency: 0, critical: 2, error: 3, warn: 4 };
  const index = (levelNames as readonly string[]).indexOf(text);
  return index >= 0 ? index : (alias[text] ?? null);
}

/** Several listings as one. */
export function joinSummaries(parts: readonly RuleSummary[]): RuleSummary {
  const sum = (of: (part: RuleSummary) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    rules: sum((part) => part.rules),
    logging: parts.flatMap((part) => part.logging),
    elsewhere: sum((part) => part.elsewhere),
    denying: sum((part) => part.denying),
  };
}

function expressionsOf(rule: NftRule): readonly Readonly<Record<string, unknown>>[] {
  return rule.expr ?? [];
}
