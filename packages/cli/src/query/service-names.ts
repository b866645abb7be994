/** What usually listens on a port: enough to recognise what is wanted; '' where nothing is usual. */
export function serviceOf(proto: string, port: number): string {
  return (proto === 'TCP' || proto === 'UDP' ? services.get(port) : undefined) ?? '';
}

const services: ReadonlyMap<number, string> = new Map(
  (
    '21:ftp 22:ssh 23:telnet 25:smtp 53:dns 69:tftp 80:http 110:pop3 111:rpcbind 123:ntp 135:msrpc 137:netbios ' +
    '139:netbios 143:imap 161:snmp 389:ldap 443:https 445:smb 465:smtps 587:submission 993:imaps 1080:socks ' +
    '1433:mssql 1521:oracle 1723:pptp 1883:mqtt 1900:ssdp 2323:telnet 2375:docker 3128:proxy 3306:mysql 3389:rdp ' +
    '5038:asterisk 5060:sip 5353:mdns 5432:postgres 5555:adb 5900:vnc 5985:winrm 6379:redis 6443:kubernetes ' +
    '7547:tr-069 8080:http 8443:https 8728:mikrotik 9200:elastic 11211:memcached 27017:mongodb 37215:huawei ' +
    '51820:wireguard'
  )
    .split(' ')
    .map((entry) => entry.split(':') as [string, string])
    .map(([port, name]) => [Number(port), name]),
);
