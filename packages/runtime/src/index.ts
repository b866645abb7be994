export { AdminServer, type ReadinessCheck } from './admin-server.ts';
export { Backoff, pause, type BackoffOptions } from './backoff.ts';
export { diskError } from './disk-error.ts';
export { syncDirectory, writeDurably } from './durable-file.ts';
export { dispositionOf, DroplensError, errorTable, type Disposition, type ErrorCode } from './errors.ts';
export { Lifecycle, type Component } from './lifecycle.ts';
export { parseListen } from './listen.ts';
export { createReporter, type Fields, type Reporter } from './reporter.ts';
