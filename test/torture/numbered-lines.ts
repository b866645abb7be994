/** A kernel line that carries `number` in its fields LEN and ID, so that a lost or doubled line can be named. */
export function numberedLine(number: number): string {
  return (
    `2026-11-21T08:00:00.000000+00:00 web-1 kernel: [${(1000 + number / 1000).toFixed(6)}] denied: IN=eth0 OUT= ` +
    `MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=198.51.100.7 DST=192.0.2.10 LEN=${number >>> 16} TOS=0x00 PREC=0x00 TTL=244 ` +
    `ID=${number & 65535} PROTO=TCP SPT=40000 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 \n`
  );
}

/** The number in a whole line, or -1. */
export function numberOf(line: string): number {
  const match = /^2026-11-21T08:00:00\.000000\+00:00 web-1 kernel: .* LEN=(\d+) .* ID=(\d+) PROTO=TCP .* URGP=0 ?$/.exec(line);
  return match === null ? -1 : Number(match[1]) * 65536 + Number(match[2]);
}
