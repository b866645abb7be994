import { DroplensError } from './errors.ts';

/** `127.0.0.1:9464`, `[::1]:0`, `localhost:80` → host and port (0 = any free port); DL_CONFIG_INVALID otherwise. */
export function parseListen(listen: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65535)) {
    throw new DroplensError('DL_CONFIG_INVALID', `'${listen}' is no listen address: expected host:port, such as 127.0.0.1:9464`);
  }
  return { host, port };
}
