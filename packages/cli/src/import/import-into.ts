import { importFiles, type ImportOutcome, type ImportProgress } from '@droplens/pipeline';
import { dataPaths } from '../data-directory.ts';
import type { Intake, IntakeOptions } from '../intake/intake.ts';
import { machineIdentity } from '../service/machine-identity.ts';
import { localTimeZone } from '../time.ts';

/** Reads files as the collector of this machine would; resolves when all of them are durable in what takes their rows over. */
export async function importInto(
  intake: Intake,
  files: readonly string[],
  options: IntakeOptions & {
    /** Other than this machine's own, for logs that must not look like its own. */
    readonly machineId?: string;
    readonly timeZone?: string | undefined;
    readonly host?: string | undefined;
    readonly onProgress: (progress: ImportProgress) => void;
  },
): Promise<ImportOutcome[]> {
  const { config, reporter, signal, machineId, timeZone, host, onProgress } = options;
  return importFiles(files, {
    directory: dataPaths(config.data).collector,
    writer: intake.writer,
    host: host ?? config.host,
    machineId: machineId ?? (await machineIdentity(config)),
    timeZone: timeZone ?? config.parse.time_zone ?? localTimeZone(),
    actions: config.parse.actions,
    reporter,
    onProgress: (progress) => {
      intake.check();
      onProgress(progress);
    },
    signal,
  });
}
