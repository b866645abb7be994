import { describe, expect, it } from 'vitest';
import { kernelRoute } from '../../src/doctor/syslog-routing.ts';

const debian = `
module(load="imuxsock") # provides support for local system logging
module(load="imklog")   # provides kernel logging support
$FileOwner root
auth,authpriv.*                 /var/log/auth.log
*.*;auth,authpriv.none          -/var/log/syslog
kern.*                          -/var/log/kern.log
mail.*                          -/var/log/mail.log
*.emerg                         :omusrmsg:*
`;
const redhat = `
module(load="imjournal" StateFile="imjournal.state")
#kern.*                                                 /dev/console
*.info;mail.none;authpriv.none;cron.none                /var/log/messages
`;

describe('kernelRoute', () => {
  it.each([
    ['Debian, warning', debian, 4, ['/var/log/syslog', '/var/log/kern.log']],
    ['Debian, debug', debian, 7, ['/var/log/syslog', '/var/log/kern.log']],
    ['Red Hat, warning', redhat, 4, ['/var/log/messages']],
    ['Red Hat, debug', redhat, 7, []],
    ['kernel left out', '*.*;kern.none /var/log/syslog', 4, []],
    ['one level only', 'kern.=debug /var/log/firewall', 7, ['/var/log/firewall']],
    ['one level only, another', 'kern.=debug /var/log/firewall', 4, []],
    ['all but one level', '*.*;kern.!=debug /var/log/syslog', 7, []],
    ['less than a level', 'kern.*;kern.!err /var/log/syslog', 4, ['/var/log/syslog']],
    ['the console is no file', 'kern.* /dev/console', 4, []],
  ])('%s', (_name, configuration, level, files) => expect(kernelRoute(configuration, level).files).toEqual(files));

  it('knows whether rsyslog reads the kernel at all', () => {
    expect([debian, redhat, '#module(load="imklog")', '$ModLoad imklog'].map((text) => kernelRoute(text, 4).reads)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});
