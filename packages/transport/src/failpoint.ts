/**
 * Named places where a test makes the process die as by `kill -9`: `DROPLENS_FAILPOINT=afterInsert` at the first visit,
 * `afterInsert:3` at the third. Without the variable a visit is an empty function call.
 */
export type FailpointName =
  | 'afterSpoolWrite'
  | 'afterSpoolRename'
  | 'afterRequest'
  | 'afterAcknowledge'
  | 'afterDelivery'
  | 'afterPoll'
  | 'afterPlan'
  | 'afterIntent'
  | 'afterInsert'
  | 'afterLedger'
  | 'afterStatus'
  | 'afterUnlink'
  | 'beforeCommit'
  | 'afterReplay';

/** Dies here if the environment says so. */
export const failpoint: (name: FailpointName) => void = arm(process.env['DROPLENS_FAILPOINT']);

function arm(setting: string | undefined): (name: FailpointName) => void {
  if (setting === undefined || setting === '') return () => undefined;
  const colon = setting.indexOf(':');
  const wanted = colon < 0 ? setting : setting.slice(0, colon);
  let visits = colon < 0 ? 1 : Number(setting.slice(colon + 1));
  return (name) => {
    if (name !== wanted) return;
    visits -= 1;
    if (visits === 0) process.kill(process.pid, 'SIGKILL');
  };
}
