import type { Command } from 'commander';
import type { Session } from '../session.ts';

export function addEngineCommand(program: Command, _session: Session): void {
  program.command('engine');
}
