/** The process's surroundings: the only file that reads `process.env`. */
export interface Environment {
  /** All variables, as they were when the program started. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Effective user id; -1 where there is none. */
  readonly uid: number;
}

/** What this process was started with. */
export function processEnvironment(): Environment {
  return { variables: { ...process.env }, uid: process.geteuid?.() ?? -1 };
}
