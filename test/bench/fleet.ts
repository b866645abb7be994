import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceProcess } from '../chaos/fleet/service-process.ts';
import { withoutKafka } from '../kafka/jars.ts';
import { failed, type Answer } from './answers.ts';
import { packetsIn } from './droplens.ts';
import { FleetProcesses } from './fleet-processes.ts';
import type { Input } from './input.ts';
import { linesPerSecond, liveSlices, recordsIn, writeLive } from './live-log.ts';
import { cpuSecondsOf, memoryOf } from './process-tree.ts';

const names = {
  cpu: 'fleet, per million lines',
  rate: 'fleet, sustained',
  collector: 'collector alone, per million lines',
  memory: 'memory of a collector',
  idle: 'CPU of an idle collector',
  drain: 'fleet, after an outage of the database',
};
const loaded = 'droplens_loader_rows_total';
const collected = 'droplens_collector_rows_total';
/** When nothing has come for this long, what is missing will not come. */
const stallMs = 60_000;
/** Merges go on for a moment after the last row; they are part of what loading costs. */
const mergeMs = 5000;

/** Waits until a counter has reached `wanted`; rejects when it stands still. Returns milliseconds since `began`. */
async function reached(service: ServiceProcess, metric: string, wanted: number, began = performance.now()): Promise<number> {
  let last = -1;
  let changed = performance.now();
  for (;;) {
    const value = await service.metric(metric);
    const now = performance.now();
    if (value >= wanted) return now - began;
    if (value !== last) changed = now;
    last = value;
    if (!service.running || now - changed > stallMs) {
      throw new Error(`${service.name}: ${metric} is ${value} of ${wanted}: ${service.said().slice(-300)}`);
    }
    await pause(100);
  }
}

/** CPU seconds that each of them has used so far. */
const cpuOf = (services: readonly ServiceProcess[]): readonly number[] => services.map(({ pid }) => cpuSecondsOf(pid));

/** The pipeline of a fleet on this machine, and what each part of it costs; broker and database share the cores with it. */
export async function measureFleet(
  input: Input,
  directory: string,
  options: { quick: boolean; wanted: (name: string) => boolean },
): Promise<readonly Answer[]> {
  if (!Object.values(names).some(options.wanted) || withoutKafka('the figures of a fleet')) return [];
  let fleet: FleetProcesses | undefined;
  try {
    fleet = await FleetProcesses.start(join(directory, 'fleet'));
    const loader = await fleet.loader();
    return [
      ...(await measurePipeline(fleet, loader, input)),
      ...(await measureCollector(fleet, loader, input, options.quick ? 5 : 20)),
    ];
  } catch (error) {
    return [failed(names.cpu, 'CPU s', error)];
  } finally {
    await fleet?.stop();
  }
}

/** Everything at once: from the moment a log is there until its last row is in all tables. */
async function measurePipeline(fleet: FleetProcesses, loader: ServiceProcess, input: Input): Promise<readonly Answer[]> {
  const { collector, log } = await fleet.collector('first');
  const services = [collector, loader, fleet.engine];
  const before = cpuOf(services);
  const began = performance.now();
  await fleet.fill(log, input);
  const wallMs = await reached(loader, loaded, input.truth.records, began);
  await pause(mergeMs);
  const spent = cpuOf(services).map((cpu, n) => ((cpu - before[n]!) / input.truth.lines) * 1e6);
  const memory = services.map(({ name, pid }) => `${name} ${memoryOf(pid).peak.toFixed(0)}`).join(', ');
  await collector.end('SIGTERM');
  const split = services.map(({ name }, n) => `${name} ${spent[n]!.toFixed(2)}`).join(', ');
  return [
    {
      name: names.cpu,
      value: spent.reduce((sum, cpu) => sum + cpu, 0),
      unit: 'CPU s',
      limit: 8,
      note: `${split}; ${await exactly(fleet, input.truth.records)}; peak MiB: ${memory}`,
    },
    { name: names.rate, value: (input.truth.lines / wallMs) * 1000, unit: 'lines/s', least: 60_000 },
  ];
}

/** A collector whose loader waits for its database; then the outage ends, while lines go on coming. */
async function measureCollector(
  fleet: FleetProcesses,
  loader: ServiceProcess,
  input: Input,
  idleSeconds: number,
): Promise<readonly Answer[]> {
  const { records, lines } = input.truth;
  const rowsBefore = await loader.metric(loaded);
  await fleet.engine.end('SIGTERM');
  const { collector, log } = await fleet.collector('second');
  const cpu = cpuSecondsOf(collector.pid);
  await fleet.fill(log, input);
  await reached(collector, collected, records);
  const spent = ((cpuSecondsOf(collector.pid) - cpu) / lines) * 1e6;
  const { peak } = memoryOf(collector.pid);
  const idleFrom = cpuSecondsOf(collector.pid);
  await pause(idleSeconds * 1000);
  const idle = ((cpuSecondsOf(collector.pid) - idleFrom) / idleSeconds) * 100;
  await collector.end('SIGTERM');
  return [
    { name: names.collector, value: spent, unit: 'CPU s', limit: 1.8, note: 'file → Kafka' },
    { name: names.memory, value: peak, unit: 'MiB', limit: 120, note: 'peak, at full speed' },
    { name: names.idle, value: idle, unit: '%', limit: 1, note: `over ${idleSeconds} s` },
    await measureDrain(fleet, loader, input, rowsBefore),
  ];
}

/** What waits in Kafka, as many seconds of live lines as the input has, is loaded while more come at the live rate. */
async function measureDrain(fleet: FleetProcesses, loader: ServiceProcess, input: Input, before: number): Promise<Answer> {
  const { records, lines } = input.truth;
  const slices = await liveSlices(input, Math.floor(lines / linesPerSecond));
  const { collector, log } = await fleet.collector('live');
  let done = false;
  const live = writeLive(log, slices, () => done);
  await fleet.startEngine();
  await reached(loader, loaded, before + 1);
  const began = performance.now();
  const first = await loader.metric(loaded);
  // both streams are in different partitions, so what counts is the sum
  const wallMs = await reached(loader, loaded, before + records, began);
  const drained = (((await loader.metric(loaded)) - first) / wallMs) * 1000;
  done = true;
  const written = slices.slice(0, await live);
  const whole = records + recordsIn(written);
  await reached(loader, loaded, before + whole);
  await collector.end('SIGTERM');
  return {
    name: names.drain,
    value: drained / linesPerSecond,
    unit: '× live',
    least: 3,
    note: `${(lines / linesPerSecond).toFixed(0)} s of lines waited, ${(written.length / 20).toFixed(0)} s more came at ${linesPerSecond / 1000}k/s; ${await exactly(fleet, before + whole)}`,
  };
}

/** Whether raw rows and both rollups hold as many packets as were sent. */
async function exactly(fleet: FleetProcesses, wanted: number): Promise<string> {
  const found = await packetsIn(fleet.data);
  const wrong = Object.entries(found).filter(([, packets]) => packets !== wanted);
  if (wrong.length === 0) return `all ${wanted} packets there, rollups too`;
  return `WRONG: ${wrong.map(([name, packets]) => `${name} ${packets} of ${wanted}`).join(', ')}`;
}
