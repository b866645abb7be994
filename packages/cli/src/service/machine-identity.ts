import { readMachineId } from '@droplens/pipeline';
import type { Configuration } from '../config/schema.ts';

/** What tells this machine's streams from those of others: the configured word, else the machine's own id. */
export async function machineIdentity(config: Configuration): Promise<string> {
  return config.machine_id ?? (await readMachineId());
}
