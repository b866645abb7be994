import type { Command } from 'commander';
import type { Session } from '../session.ts';

export function addDemoCommand(program: Command, _session: Session): void {
  program.command('demo');
}
