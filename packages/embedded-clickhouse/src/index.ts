export { engineConfig, type EngineConfig } from './config.ts';
export type { Account } from './credentials.ts';
export type { FoundEngine } from './endpoint-file.ts';
export { findEngine, openEngine, type Engine, type EngineOptions } from './engine.ts';
