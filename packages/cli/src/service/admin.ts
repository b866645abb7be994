import type { AdminServer, Component } from '@droplens/runtime';
import { CommandError, systemReason } from '../command-error.ts';

/** The admin server, with an error that says what to do when its address is taken. */
export function adminComponent(admin: AdminServer, listen: string): Component {
  return {
    start: async () => {
      await admin.start().catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
        throw new CommandError(
          'DL_ADMIN_LISTEN',
          `admin.listen: cannot listen on ${listen}: ${systemReason(error)}`,
          'stop what listens there, or set admin.listen to another address (127.0.0.1:0 takes any free port)',
          { cause: error },
        );
      });
    },
    stop: () => admin.stop(),
  };
}
