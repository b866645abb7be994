#!/usr/bin/env node
// CommonJS, because loading a module starts libuv's threads, and their number is fixed then. With Node's default of four,
// a long question would leave the loader none: the embedded engine takes a thread for each query that runs.
process.env.UV_THREADPOOL_SIZE ??= '8';
void import('../dist/main.js');
