export { ipv4Number, ipv4Text, isReservedIpv4, publicIpv4 } from './addresses.ts';
export { createFramer, frame, type Framable, type FrameOptions, type Framing } from './framing.ts';
export { defaultPrefix, generate, type GenerateOptions, type TrafficEvent } from './generate.ts';
export { labels, trafficClasses, type Intent, type Label } from './labels.ts';
export { defaultHosts, monitors, operator, ownHosts, resolvers, type OwnHost } from './own-hosts.ts';
export { writeLogFile, type LogFileOptions } from './log-file.ts';
export type { Truth } from './truth.ts';
