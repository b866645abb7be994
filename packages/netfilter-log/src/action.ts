import type { Action } from './record.ts';

/** A rule from prefix to action: `*` in `prefix` stands for any text, `?` for any character, letters match in either case. */
export interface ActionRule {
  /** Compared with the whole trimmed prefix. */
  readonly prefix: string;
  readonly action: Action;
}

/**
 * What the prefixes of common frontends mean, tried in this order. A prefix is an operator's convention and no verdict: these rules only
 * read what its words claim, and words that say "not dropped" win, because a visitor who was let in must not count as denied.
 */
export const defaultActionRules: readonly ActionRule[] = [
  // Logged while being looked at, before or without a verdict.
  { prefix: 'TRACE:*', action: 'audit' },
  { prefix: 'nf_ct_*', action: 'audit' },
  { prefix: 'nf_conntrack*', action: 'audit' },
  // UFW. AUDIT INVALID is followed by a BLOCK line of the same packet.
  { prefix: '[[]UFW BLOCK]*', action: 'deny' },
  { prefix: '[[]UFW LIMIT BLOCK]*', action: 'deny' },
  { prefix: '[[]UFW ALLOW]*', action: 'allow' },
  { prefix: '[[]UFW *', action: 'audit' },
  // Shorewall: chain, then disposition, however the chain is called.
  { prefix: 'Shorewall:*:DROP:', action: 'deny' },
  { prefix: 'Shorewall:*:REJECT:', action: 'deny' },
  { prefix: 'Shorewall:*:A_DROP:', action: 'deny' },
  { prefix: 'Shorewall:*:A_REJECT:', action: 'deny' },
  { prefix: 'Shorewall:*:ACCEPT:', action: 'allow' },
  { prefix: 'Shorewall:*:A_ACCEPT:', action: 'allow' },
  // firewalld: zone or policy, then the target.
  { prefix: '*_REJECT:', action: 'deny' },
  { prefix: '*_DROP:', action: 'deny' },
  { prefix: '*_ICMP_BLOCK:', action: 'deny' },
  // OpenWrt: verdict, then the zone. MSSFIX changes a packet and lets it go.
  { prefix: 'reject * in:', action: 'deny' },
  { prefix: 'reject * out:', action: 'deny' },
  { prefix: 'reject * forward:', action: 'deny' },
  { prefix: 'drop * in:', action: 'deny' },
  { prefix: 'drop * out:', action: 'deny' },
  { prefix: 'drop * forward:', action: 'deny' },
  { prefix: 'drop * invalid ct state:', action: 'deny' },
  { prefix: 'accept * in:', action: 'allow' },
  { prefix: 'accept * out:', action: 'allow' },
  { prefix: 'accept * forward:', action: 'allow' },
  { prefix: 'MSSFIX *', action: 'audit' },
  { prefix: 'banIP/*/drop/*', action: 'deny' },
  // SuSEfirewall2
  { prefix: 'SFW2-*-ACC*', action: 'allow' },
  { prefix: 'SFW2-*-DROP*', action: 'deny' },
  { prefix: 'SFW2-*-REJ*', action: 'deny' },
  { prefix: 'SFW2-*-ILL-*', action: 'deny' },
  { prefix: 'SuSE-FW-DROP*', action: 'deny' },
  // Arno's firewall: "log:" only logs, everything else is followed by a drop.
  { prefix: 'AIF:*log:', action: 'audit' },
  { prefix: 'AIF:*', action: 'deny' },
  // CSF and APF
  { prefix: 'Firewall: [*]*Blocked[*]', action: 'deny' },
  { prefix: '[*][*] *AUDIT*[*][*]', action: 'audit' },
  { prefix: '[*][*] *[*][*]', action: 'deny' },
  // IPFire
  { prefix: 'DROP_*', action: 'deny' },
  { prefix: 'FORWARDFW', action: 'allow' },
  { prefix: 'INPUTFW', action: 'allow' },
  { prefix: 'OUTGOINGFW', action: 'allow' },
  // Aviatrix
  { prefix: 'AvxRl * D:', action: 'deny' },
  { prefix: 'AvxRl * A:', action: 'allow' },
];

/** VyOS, EdgeOS, UniFi: the verdict is the letter that ends the bracket or stands before the rule number at its end. */
const bracketLetter = /^\[[^\]]*-([A-Z])(?:-\d+)?\]/;
const letterActions: Readonly<Record<string, Action>> = {
  D: 'deny',
  R: 'deny',
  A: 'allow',
  C: 'audit',
  J: 'audit',
  Q: 'audit',
  O: 'audit',
  S: 'audit',
};

/** Words that say the packet was let through, or that nothing was decided. They win over words of denial. */
const allowWords = new Set(['ACCEPT', 'ACCEPTED', 'ACC', 'ALLOW', 'ALLOWED', 'PERMIT', 'PERMITTED', 'PASS', 'PASSED']);
const auditWords = new Set(['AUDIT', 'TRACE', 'LIMIT', 'MSSFIX', 'MISC', 'NEW', 'ESTABLISHED']);
const denyWords = new Set([
  'DROP',
  'DROPPED',
  'DROPPING',
  'DROPS',
  'LOGDROP',
  'DENY',
  'DENIED',
  'REJECT',
  'REJECTED',
  'LOGREJECT',
  'BLOCK',
  'BLOCKED',
  'BLOCKING',
  'DISCARD',
  'DISCARDED',
  'REFUSED',
  'BANNED',
  'PROHIBITED',
]);

/** Says what a prefix claims: the caller's rules first, then the frontends', then single words. Remembers what it found. */
export class ActionMatcher {
  readonly #rules: readonly { readonly pattern: Pattern; readonly action: Action }[];
  readonly #known = new Map<string, Action>();

  constructor(rules: readonly ActionRule[] = []) {
    this.#rules = [
      ...rules.map(({ prefix, action }) => ({ pattern: patternOf(prefix, false), action })),
      ...defaultActionRules.map(({ prefix, action }) => ({ pattern: patternOf(prefix, true), action })),
    ];
  }

  /** The action of a trimmed prefix. */
  match(prefix: string): Action {
    let action = this.#known.get(prefix);
    if (action === undefined) {
      action = this.#judge(prefix);
      // A machine has as many prefixes as logging rules; more come only out of damaged lines.
      if (this.#known.size >= 4096) this.#known.clear();
      this.#known.set(prefix, action);
    }
    return action;
  }

  #judge(prefix: string): Action {
    const text = prefix.toLowerCase();
    for (const { pattern, action } of this.#rules) if (matches(pattern, text)) return action;
    const letter = bracketLetter.exec(prefix)?.[1];
    if (letter !== undefined) return letterActions[letter] ?? 'unknown';
    return judgeWords(prefix);
  }
}

/** Reads the words of a prefix: `iptables denied:`, `IPTables-Dropped:`, `RULE 3 -- DENY`, `net-fw DROP`. */
function judgeWords(prefix: string): Action {
  const words = prefix.toUpperCase().split(/[^A-Z0-9]+/);
  let denied = false;
  for (const [i, word] of words.entries()) {
    if (allowWords.has(word)) {
      if (words[i - 1] !== 'NOT' && words[i - 1] !== 'NO') return 'allow';
      denied = true;
    } else if (auditWords.has(word)) {
      if (word !== 'LIMIT' || !words.includes('BLOCK')) return 'audit';
    } else if (denyWords.has(word)) denied = true;
  }
  if (/\blog:$/i.test(prefix)) return 'audit';
  return denied ? 'deny' : 'unknown';
}

/** A glob in pieces: text to be equal, -1 for any character, -2 for any text. */
type Pattern = readonly number[];

/** `brackets`: `[*]` and `[[]` stand for these characters themselves (the built-in rules need them); in a caller's rule every bracket is one. */
function patternOf(glob: string, brackets: boolean): Pattern {
  const pattern: number[] = [];
  const text = glob.toLowerCase();
  for (let i = 0; i < text.length; i++) {
    if (brackets && text[i] === '[' && text[i + 2] === ']') {
      pattern.push(text.charCodeAt(i + 1));
      i += 2;
    } else pattern.push(text[i] === '*' ? -2 : text[i] === '?' ? -1 : text.charCodeAt(i));
  }
  return pattern;
}

/** Greedy with one point of return: at most pattern times text steps. */
function matches(pattern: Pattern, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === -2) {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === -1 || pattern[p] === text.charCodeAt(t))) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === -2) p++;
  return p === pattern.length;
}
