import { grouped } from '../terminal/numbers.ts';
import { fail, ok, unknown, warn, type Finding } from './finding.ts';
import { joinSummaries, readIptablesSave, readNftRuleset, type LoggingRule, type RuleSummary } from './firewall-rules.ts';
import type { Machine } from './machine.ts';

/** The rules of this machine that log, with what was found; null when nobody could be asked. */
export interface RulesExamined {
  readonly findings: readonly Finding[];
  readonly logging: readonly LoggingRule[] | null;
}

/** Whether any rule logs, whether packets reach it, and whether limits hide some. */
export async function checkLoggingRules(machine: Machine): Promise<RulesExamined> {
  const parts: RuleSummary[] = [];
  const refused: string[] = [];
  for (const tool of ['iptables-save', 'ip6tables-save'] as const) {
    const output = await machine.run(tool, ['-c']);
    if (output === null) continue;
    if (output.code === 0) parts.push(readIptablesSave(output.stdout, tool.replace('-save', '')));
    else refused.push(`${tool}: ${reason(output.stderr)}`);
  }
  const nft = await machine.run('nft', ['-j', 'list', 'ruleset']);
  if (nft !== null) {
    const summary =
      nft.code === 0
        ? readNftRuleset(
            nft.stdout,
            parts.some(({ rules }) => rules > 0),
          )
        : null;
    if (summary !== null) parts.push(summary);
    else refused.push(`nft: ${reason(nft.stderr)}`);
  }
  if (parts.length === 0) {
    const text =
      refused.length > 0
        ? `which rules log: ${refused.join('; ')}`
        : 'which rules log: neither iptables-save nor nft is installed';
    return {
      findings: [unknown(text, machine.uid === 0 ? 'a firewall of another kind logs in its own way' : 'look again as root')],
      logging: null,
    };
  }
  const rules = joinSummaries(parts);
  return { findings: findingsOf(rules), logging: rules.logging };
}

function findingsOf({ rules, logging, elsewhere, denying }: RuleSummary): readonly Finding[] {
  const example = `as root: iptables -A INPUT -j LOG --log-prefix "iptables denied: "  (after the rules that accept, before the one that drops)`;
  if (logging.length === 0) {
    if (elsewhere > 0) {
      return [
        fail(
          `no rule logs to the kernel log: ${count(elsewhere, 'rule hands', 'rules hand')} packets to a program or the audit log (NFLOG, log group, AUDIT)`,
          'use the LOG target, or log without a group',
        ),
      ];
    }
    const have =
      rules === 0
        ? 'there are no firewall rules'
        : `${count(denying, 'rule or policy denies', 'rules and policies deny')}, none of ${grouped(rules)} rules logs`;
    return [fail(`no rule logs: ${have}`, example)];
  }
  const counted = logging.filter(({ packets }) => packets !== null);
  const packets = counted.reduce((sum, rule) => sum + (rule.packets ?? 0), 0);
  const where = logging
    .slice(0, 3)
    .map(({ place, prefix }) => `${place} "${prefix}"`)
    .join(', ');
  const text = `${count(logging.length, 'rule logs', 'rules log')}: ${where}${logging.length > 3 ? ', …' : ''}`;
  const reached = counted.length === 0 ? '' : `; ${count(packets, 'packet', 'packets')} so far`;
  const findings: Finding[] = [];
  if (counted.length === logging.length && packets === 0) {
    findings.push(
      warn(
        `${text}; no packet has reached ${logging.length === 1 ? 'it' : 'them'} yet`,
        'a rule before it takes the packets, or nothing was denied: iptables -L -v -n shows which rules count',
      ),
    );
  } else findings.push(ok(text + reached));
  const limited = logging.filter(({ limit }) => limit !== null);
  if (limited.length > 0) {
    findings.push(
      warn(
        `${count(limited.length, 'logging rule has', 'logging rules have')} a limit (${limited[0]!.limit}): what is beyond it is never logged, so all counts are lower bounds`,
        'take the limit away; the kernel has a limit of its own against floods',
      ),
    );
  }
  if (elsewhere > 0)
    findings.push(
      warn(`${count(elsewhere, 'rule hands', 'rules hand')} packets to NFLOG or the audit log: these are not seen here`),
    );
  return findings;
}

function count(value: number, one: string, many: string): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

function reason(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? 'it failed without a word';
  return /permission denied|not permitted|must be root|you must be root/i.test(stderr)
    ? 'not allowed for this user'
    : line.trim();
}
