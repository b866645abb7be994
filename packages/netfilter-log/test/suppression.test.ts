import { expect, it } from 'vitest';
import { parseLine, type UndercountCause } from '../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const head = 'Nov 21 08:05:09 h ';

it.each<[cause: UndercountCause, count: number, line: string]>([
  ['kernel-ratelimit', 12, `${head}kernel: [5.1] net_ratelimit: 12 callbacks suppressed`],
  ['kernel-ratelimit', 12, `${head}kernel: nf_log_dump: 12 callbacks suppressed `],
  ['kernel-ratelimit', 12, '[    5.100000] net_ratelimit: 12 callbacks suppressed'],
  ['kernel-ratelimit', 12, '4,99,5100000,-;net_ratelimit: 12 callbacks suppressed'],
  ['kernel-ratelimit', 7, `${head}kernel: __ratelimit: 7 messages suppressed`],
  ['kernel-ratelimit', 7, `${head}kernel: __ratelimit: 7 callbacks suppressed`],
  ['printk-suppressed', 31, `${head}kernel: printk: 31 messages suppressed.`],
  ['console-dropped', 1402, '** 1402 printk messages dropped **'],
  ['console-dropped', 1402, '** 1402 printk messages dropped ** '],
  ['journald-suppressed', 5, `${head}systemd-journald[123]: Suppressed 5 messages from kernel.slice`],
  ['journald-suppressed', 5, `${head}systemd-journal[123]: Suppressed 5 messages from /system.slice/x.service`],
  ['journald-missed', 18, `${head}systemd-journald[123]: Missed 18 kernel messages`],
  [
    'journald-missed',
    18,
    '{"__REALTIME_TIMESTAMP":"1795248309000000","_HOSTNAME":"h","_TRANSPORT":"driver","SYSLOG_IDENTIFIER":"systemd-journald","MESSAGE":"Missed 18 kernel messages"}',
  ],
  [
    'rsyslog-ratelimit',
    900,
    `${head}rsyslogd: imjournal: 900 messages lost due to rate-limiting (20000 allowed within 600 seconds)`,
  ],
  ['rsyslog-ratelimit', 900, `${head}rsyslogd[7]: imuxsock[pid 44]: 900 messages lost due to rate-limiting`],
  ['rsyslog-ratelimit', 12, `${head}rsyslogd-2177: imuxsock lost 12 messages from pid 44 due to rate-limiting`],
  ['rsyslog-ratelimit', 0, `${head}rsyslogd: imjournal: begin to drop messages due to rate-limiting`],
  ['repeated-line', 4, `${head}last message repeated 4 times`],
  ['repeated-line', 4, `${head}kernel: last message repeated 4 times`],
  ['kernel-ratelimit', 4_294_967_295, `${head}kernel: net_ratelimit: 99999999999999999999999 callbacks suppressed`],
])('%s %d: %s', (cause, count, line) => {
  const result = parseLine(line, { referenceTime, host: 'h' });
  expect(result).toMatchObject({ ok: false, reason: null, undercount: { cause, count, host: 'h' } });
});

it('repeated counts as often as it came', () => {
  const result = parseLine(`${head}kernel: message repeated 3 times: [ net_ratelimit: 12 callbacks suppressed]`, {
    referenceTime,
  });
  expect(result.undercount).toMatchObject({ cause: 'kernel-ratelimit', count: 36 });
});

it.each([
  `${head}sshd[9]: Invalid user net_ratelimit: 12 callbacks suppressed`,
  `${head}sshd[9]: last message repeated 4 times`,
  `${head}kernel: callbacks suppressed`,
  `${head}kernel: net_ratelimit: many callbacks suppressed`,
  `${head}kernel: Missed 18 kernel messages`,
  `${head}systemd-journald[1]: Missed some kernel messages`,
  `${head}rsyslogd: 900 messages lost`,
  '12,99,5100000,-;net_ratelimit: 12 callbacks suppressed',
])('is not believed of others: %s', (line) => {
  expect(parseLine(line, { referenceTime })).toMatchObject({ ok: false, reason: 'not-a-packet' });
});
