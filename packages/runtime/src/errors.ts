/**
 * Every error that droplens raises on purpose: a code, what to do with it, and what a person can do about it.
 * The table is closed; `docs/errors.md` is generated from it.
 *
 * - `retry`: the condition may pass; try again in place with backoff, which exerts backpressure.
 * - `discard`: this piece of data is bad; count it, keep it aside, go on.
 * - `fatal`: log once and exit non-zero; a supervisor or a person must act.
 */
export type Disposition = 'retry' | 'discard' | 'fatal';

interface ErrorEntry {
  readonly disposition: Disposition;
  /** When it is raised, one sentence. */
  readonly meaning: string;
  /** What the person who sees it can do, in the imperative. */
  readonly remedy: string;
}

export const errorTable = {
  DL_CONFIG_INVALID: {
    disposition: 'fatal',
    meaning: 'The configuration has an unknown key or a value of the wrong form.',
    remedy: 'correct the named key; `droplens config print` shows what is in force',
  },
  DL_USAGE: {
    disposition: 'fatal',
    meaning: 'A command was called with arguments that do not fit.',
    remedy: 'see `droplens <command> --help`',
  },
  DL_OUTPUT: {
    disposition: 'fatal',
    meaning: 'Standard output takes no more, for example because the disk it goes to is full; the answer is not whole.',
    remedy: 'free some space or write elsewhere, and run the command again',
  },
  DL_DATA_DIRECTORY: {
    disposition: 'fatal',
    meaning: 'The data directory cannot be created, read or written.',
    remedy: 'give a directory this user may write with --data, or correct its owner and permissions',
  },
  DL_DISK_FULL: {
    disposition: 'retry',
    meaning: 'The disk under the data directory is full; nothing accepted is lost, reading waits.',
    remedy: 'free some space; droplens goes on by itself',
  },
  DL_HELD: {
    disposition: 'fatal',
    meaning: 'Another droplens process already works on this directory; two at once would store lines twice.',
    remedy: 'stop the named process, or give this one another directory with --data',
  },
  DL_TRANSPORT_FULL: {
    disposition: 'retry',
    meaning: 'As much waits for the database as transport.max_bytes allows; reading waits, nothing accepted is lost.',
    remedy: 'see why the loader does not keep up (is the database reachable?), or raise transport.max_bytes',
  },
  DL_TRANSPORT_UNAVAILABLE: {
    disposition: 'retry',
    meaning: 'The spool or the broker cannot take or give rows at the moment.',
    remedy: 'see the cause in the message; droplens goes on by itself when it has passed',
  },
  DL_KAFKA_ACCESS: {
    disposition: 'fatal',
    meaning: 'The brokers do not accept the user or the password, or the user may not do this.',
    remedy: 'correct transport.sasl, or grant the user what docs/security.md lists for collectors and loaders',
  },
  DL_KAFKA_TLS: {
    disposition: 'fatal',
    meaning:
      "A broker's certificate is not trusted, has expired or names another host, or one side speaks TLS and the other does not.",
    remedy:
      'correct transport.tls (ca, cert, key, server_name) or the certificate; give the port of the listener that speaks TLS',
  },
  DL_KAFKA_VERSION: {
    disposition: 'fatal',
    meaning: 'The brokers do not speak a version of the protocol that droplens speaks.',
    remedy: 'run Kafka 2.1 or newer; 4.x is what is tested',
  },
  DL_TOPIC_MISSING: {
    disposition: 'retry',
    meaning: 'A topic does not exist, or not for this user; what is to be written waits.',
    remedy: 'run `droplens topics --create` once, or correct transport.topics.prefix',
  },
  DL_TOPIC_MISCONFIGURED: {
    disposition: 'fatal',
    meaning:
      'A topic is not such that rows can go through it safely: too few partitions, the wrong compaction, too small a message size.',
    remedy: '`droplens topics` shows every difference and how to correct it',
  },
  DL_TOPIC_RECREATED: {
    disposition: 'discard',
    meaning:
      'The messages of a topic are not those that were read before: it was deleted and made again, or its offsets were reset.',
    remedy: 'nothing has to be done: all of it is read, and what is loaded already is cut',
  },
  DL_ROWS_EXPIRED: {
    disposition: 'discard',
    meaning:
      'Retention deleted messages before any loader had read them: their rows are lost, and a hole in the ledger shows which.',
    remedy: 'raise transport.topics.retention_hours above the longest outage; `droplens import` of the log files fills the hole',
  },
  DL_MESSAGE_FOREIGN: {
    disposition: 'discard',
    meaning:
      'Messages of a topic are not from droplens, are from a newer version, or contradict themselves; they are kept in the dead topic.',
    remedy:
      '`droplens dead list` shows them; after an upgrade of the loaders `droplens dead replay --reason version` loads those of a newer version',
  },
  DL_BATCH_TAKEN: {
    disposition: 'retry',
    meaning: 'While a batch was being loaded, its partition was given to another loader, which finishes it.',
    remedy: 'nothing has to be done; if it happens often, raise transport.session_timeout_ms',
  },
  DL_CLOCK_IMPLAUSIBLE: {
    disposition: 'retry',
    meaning:
      "The machine's clock shows a year in which droplens cannot be running; rows stored under such a time would be deleted by retention at once.",
    remedy: 'set the clock (a machine without a battery clock waits for NTP); droplens goes on by itself',
  },
  DL_SPOOL_FILE_DAMAGED: {
    disposition: 'discard',
    meaning:
      'A file of the spool is not what was written there (torn, altered, foreign); it was moved to quarantine/ and its rows are not loaded.',
    remedy:
      'check the disk; the message names the lines the file held: `droplens import` of their log file loads what is missing',
  },
  DL_RECORD_UNDECODABLE: {
    disposition: 'discard',
    meaning:
      'Rows of a batch are malformed, or hold values that the database refuses or would change silently; they are put aside with the reason.',
    remedy: '`droplens dead list` shows them; once the cause is gone, `droplens dead replay` loads them',
  },
  DL_BATCH_CHANGED: {
    disposition: 'fatal',
    meaning: 'An interrupted batch cannot be rebuilt as it was, so it is unknown whether its rows are stored.',
    remedy: 'see docs/architecture.md, "an interrupted batch"; nothing was inserted and everything is still in the transport',
  },
  DL_DATABASE_REFUSES_ROWS: {
    disposition: 'fatal',
    meaning:
      'The database refuses every row of a batch, so the tables, not the rows, are wrong; the batch stays in the transport.',
    remedy: 'run `droplens migrate` with this version, then start again',
  },
  DL_STORE_UNAVAILABLE: {
    disposition: 'retry',
    meaning: 'The database does not answer, or not now: connection, load, memory, disk or time limit.',
    remedy:
      'see the cause in the message (is the server up, is store.url right?); droplens up goes on by itself when it has passed',
  },
  DL_STORE_REJECTED: {
    disposition: 'discard',
    meaning: 'The database cannot read the rows it was sent; sent again it would refuse them again.',
    remedy: '`droplens dead list` shows them; once the cause is gone, `droplens dead replay` loads them',
  },
  DL_STORE_ACCESS: {
    disposition: 'fatal',
    meaning: 'The database does not accept the user or the password, or the user may not do this.',
    remedy: 'correct store.username and store.password, or grant the user SELECT, INSERT, CREATE, ALTER and DROP in the database',
  },
  DL_STORE_SCHEMA: {
    disposition: 'fatal',
    meaning: "A database, table or column is missing or is not as this version's migrations make it.",
    remedy: 'run `droplens migrate`; `droplens doctor --store` looks closer',
  },
  DL_STORE_NEWER: {
    disposition: 'fatal',
    meaning: 'The database was migrated by a newer version of droplens.',
    remedy: 'start that version, or give this one another database',
  },
  DL_STORE_FAILED: {
    disposition: 'fatal',
    meaning: 'The database answered with an error droplens has no rule for.',
    remedy: "see the server's words in the message; what was not stored is still in the transport",
  },
  DL_MIGRATION_CHANGED: {
    disposition: 'fatal',
    meaning: 'A migration that the database has recorded is not the one this version has under that number.',
    remedy: 'start the version that made the database; migrations are never edited, only added',
  },
  DL_MIGRATION_GAP: {
    disposition: 'fatal',
    meaning: 'The database has recorded a migration without an earlier one.',
    remedy: 'restore the table `migrations` from a backup, or give droplens another database',
  },
  DL_QUERY_REFUSED: {
    disposition: 'fatal',
    meaning: 'The database refuses a query: a mistake in it, a right it lacks, or a limit it runs into.',
    remedy: "see the server's words in the message; a narrower --since asks for less",
  },
  DL_GEO_DATABASE: {
    disposition: 'discard',
    meaning: 'A geo database is missing, unreadable or no MaxMind database; country or AS stay as they were, or empty.',
    remedy: 'correct geo.country or geo.asn, or put a whole .mmdb file there; it is read as soon as it changes',
  },
  DL_ENGINE_LOCKED: {
    disposition: 'fatal',
    meaning: 'Another process holds this data directory: the embedded ClickHouse allows one process a directory.',
    remedy: 'talk to the named process (the commands do so by themselves), stop it, or give another directory with --data',
  },
  DL_ENGINE_FAILED: {
    disposition: 'fatal',
    meaning: 'The embedded ClickHouse cannot open its data or listen on its address.',
    remedy: 'see the cause in the message; a database damaged beyond opening can be moved away and imported again',
  },
  DL_ENGINE_LISTEN: {
    disposition: 'fatal',
    meaning:
      'The address of the embedded ClickHouse cannot be listened on: another program has the port, or it is not of this machine.',
    remedy: 'stop what listens there, or set store.listen to another address (127.0.0.1:0 takes any free port)',
  },
  DL_ADMIN_LISTEN: {
    disposition: 'fatal',
    meaning:
      'The address for /metrics, /healthz and /readyz cannot be listened on: another program has the port, or it is not of this machine.',
    remedy: 'stop what listens there, or set admin.listen to another address',
  },
  DL_INTERNAL: {
    disposition: 'fatal',
    meaning: 'droplens met a state it has no answer for.',
    remedy: 'report it with the log lines before it',
  },
  DL_SOURCE_UNREADABLE: {
    disposition: 'retry',
    meaning: 'A log source cannot be read at the moment: no permission, a directory, a file that vanished; the others go on.',
    remedy:
      'let this user read it (often: be in the group adm or systemd-journal, or run as root), or correct `sources`; it is tried again by itself',
  },
  DL_SOURCE_MISSING: {
    disposition: 'fatal',
    meaning: 'There is nothing to read log lines from.',
    remedy: 'name a source in `sources`; `droplens doctor` looks for what is missing',
  },
  DL_CHECKPOINT_DAMAGED: {
    disposition: 'discard',
    meaning:
      'The record of how far each source was read cannot be understood; everything is read again, nothing is stored twice.',
    remedy: 'nothing has to be done; check the disk if it happens again',
  },
  DL_CHECKPOINT_NEWER: {
    disposition: 'fatal',
    meaning: 'The state directory was written by a newer version of droplens.',
    remedy: 'start that version, or give this one another directory with --data',
  },
  DL_HOST_MEMORY_DAMAGED: {
    disposition: 'discard',
    meaning:
      'The record of whom this host contacted cannot be understood; it begins anew. What was stored of it before is still in the database.',
    remedy: 'nothing has to be done; check the disk if it happens again',
  },
  DL_IMPORT_UNREADABLE: {
    disposition: 'fatal',
    meaning: 'A file to import cannot be read, or is of a kind that cannot be imported.',
    remedy: 'see the cause in the message; give plain or .gz log files, or `-` for standard input',
  },
  DL_IMPORT_DAMAGED: {
    disposition: 'fatal',
    meaning:
      'A compressed file ends early (what is there is loaded) or is damaged within (nothing of it is loaded: any of its lines may be wrong).',
    remedy: 'get a whole copy of the file and import it again: what is loaded already is not loaded twice',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The closed set of error codes. */
export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table; `message` names the thing (which file, which key) and what is wrong with it. */
export class DroplensError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DroplensError';
    this.code = code;
  }

  /** What its handler must do. */
  get disposition(): Disposition {
    return errorTable[this.code].disposition;
  }

  /** What a person can do about it. */
  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** The disposition of anything thrown: what is not ours is unknown, and unknown is fatal. */
export function dispositionOf(error: unknown): Disposition {
  return error instanceof DroplensError ? error.disposition : 'fatal';
}
