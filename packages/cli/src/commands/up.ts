import type { Command } from 'commander';
import type { Session } from '../session.ts';

export function addUpCommand(program: Command, _session: Session): void {
  program.command('up');
}
