import { parseBytes, cleanText, type ParseOptions } from '@droplens/netfilter-log';
import { DroplensError } from '@droplens/runtime';
import { errorText } from '../command-error.ts';
import type { ParseCommandOptions } from '../commands/parse.ts';
import { loadConfiguration, type ConfigurationFlags } from '../config/load.ts';
import type { Configuration } from '../config/schema.ts';
import type { Session } from '../session.ts';
import { checkTimeZone, localTimeZone, parseMoment } from '../time.ts';
import { countsText, noCounts, type ParseCounts } from './counts.ts';
import { LineReader } from './line-reader.ts';
import { openLog } from './open-log.ts';
import { createOutput, type ParseOutput } from './output.ts';
import { RowTextParser } from './row-text-parser.ts';

/** Of a rejected line so much is shown. */
const shownBytes = 8192;

/** `droplens parse`; the exit code: 1 when a file could not be read to its end. */
export async function runParse(
  session: Session,
  flags: ConfigurationFlags,
  files: readonly string[],
  options: ParseCommandOptions,
): Promise<number> {
  if (options.all === true && options.format !== 'ndjson') throw new DroplensError('DL_USAGE', '--all comes out as ndjson only');
  if (options.format === 'tsv' && options.rejected === true)
    throw new DroplensError('DL_USAGE', '--rejected does not go with --format tsv: rejected lines have no row');
  const { config } = await loadConfiguration(flags, session.environment);
  const parsing = parseOptions(options, config);
  const counts = noCounts();
  const inputs = files.length === 0 ? ['-'] : files;
  if (inputs.includes('-') && process.stdin.isTTY) session.terminal.note('reading lines from the terminal; Ctrl-D ends them\n');
  const output = createOutput(session.terminal, options, parsing, inputs.length > 1);
  let failed = false;
  for (const file of inputs) {
    try {
      if (options.format === 'tsv')
        await new RowTextParser(parsing, counts).run(openLog(file), (text) => session.terminal.write(text), session.signal);
      else await parseFile(file, parsing, counts, output, session.signal);
    } catch (error) {
      if (!(error instanceof DroplensError)) throw error;
      // the other files go on
      session.terminal.note(errorText(error, session.terminal.paintNote));
      failed = true;
    }
  }
  await output.end();
  session.terminal.note(`${countsText(counts)}\n`);
  return failed ? 1 : 0;
}

function parseOptions(options: ParseCommandOptions, { parse }: Configuration): ParseOptions & { readonly referenceTime: number } {
  const timeZone = options.timeZone ?? parse.time_zone ?? localTimeZone();
  const now = Date.now();
  checkTimeZone(timeZone);
  const referenceTime =
    options.referenceTime === undefined ? now : parseMoment(options.referenceTime, '--reference-time', now, options.utc === true);
  return { timeZone, referenceTime, host: options.host ?? '', actions: parse.actions };
}

async function parseFile(
  file: string,
  parsing: ParseOptions,
  counts: ParseCounts,
  output: ParseOutput,
  signal: AbortSignal,
): Promise<void> {
  let line = 0;
  const reader = new LineReader((bytes, from, to) => {
    line += 1;
    counts.lines += 1;
    if (output.takes?.(file, line, bytes, from, to) === true) {
      counts.records += 1;
      counts.packets += 1;
      return;
    }
    const result = parseBytes(bytes.subarray(from, to), parsing);
    if (result.longLine) counts.long += 1;
    if (result.undercount !== null) {
      const { cause, count } = result.undercount;
      counts.undercounts[cause] = (counts.undercounts[cause] ?? 0) + count;
      output.undercount(file, line, result.undercount);
    }
    if (result.ok) {
      counts.records += 1;
      counts.packets += result.repeated;
      for (let copy = 0; copy < result.repeated; copy += 1) output.record(file, line, result.record);
    } else if (result.reason !== null) {
      counts.rejected[result.reason] = (counts.rejected[result.reason] ?? 0) + 1;
      if (output.wantsRejected)
        output.rejected(file, line, result.reason, cleanText(bytes, from, Math.min(to, from + shownBytes)));
    }
  });
  for await (const chunk of openLog(file)) {
    signal.throwIfAborted();
    reader.push(chunk);
    await output.flush();
  }
  reader.end();
  await output.flush();
}
