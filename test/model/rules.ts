/** The protocol: each rule with the ways in which it could be done. `rules` is how we do it; a trial changes one or two. */
export interface Rules {
  /** Is the checkpoint written after the acknowledgement, or before the message is sent? */
  readonly checkpoint: 'after the acknowledgement' | 'before the acknowledgement';
  /** Which number of partitions says where a stream goes? */
  readonly partition: 'of the configuration' | 'of the metadata';
  /** What does a loader read first when it is assigned a partition? */
  readonly claim: 'offset, then ledger' | 'ledger, then offset';
  /** Is [C..L], with load time and token, committed before the insert? If not, C = L + 1 is committed after the ledger's rows. */
  readonly intent: 'before the insert' | 'none';
  /** Whose generation does a commit carry? And if it is refused? */
  readonly commit: 'of the claim' | 'of the process' | 'of the claim, refusal ignored';
  /** What is hashed to recognise the interrupted batch in a topic that was created again? */
  readonly sum: 'ranges' | 'ranges and send times' | 'ranges and append times';
  /** What becomes of a message that is covered in part? */
  readonly overlap: 'cut by row' | 'kept whole' | 'dropped whole';
  /** Which lines count as loaded? */
  readonly covered: 'intervals' | 'up to the highest';
  /** How is the interrupted batch planned again? The ledger's rows of its own token are left out, or its token is asked for first. */
  readonly replan: 'without own token, then ask' | 'ask, then with all' | 'with all, then ask';
  /** Where does a loader go on when the interrupted batch is loaded but its messages are gone? */
  readonly afterLoss: 'first that is left' | 'behind the batch';
  /** How long does a loader believe what it once read from the ledger, and its own additions to it? */
  readonly view: 'of the batch' | 'of the claim' | 'until a claim' | 'of the process';
  /** Are loaders started again when the configured number of partitions changes? */
  readonly reconfiguration: 'loaders go on' | 'loaders restart';
  /** Does one process load its partitions side by side or one after the other? */
  readonly partitions: 'side by side' | 'in turn';
  /** The load time of a batch that is tried again by another claim. */
  readonly loadedAt: 'of the intent' | 'of the try';
  readonly token: 'of the content' | 'of the offsets' | 'none';
  /** What a table remembers of a token: ClickHouse's ids are of a partition, here a day. */
  readonly ids: 'of the partition' | 'of the table';
  /** Ids that a table remembers. */
  readonly window: number;
  /** Are the ledger's rows an insert of their own, afterwards, or does a view make them of the data's? */
  readonly ledger: 'own insert' | 'view';
  /** Spool: is the lane being read on disk, so that an interrupted file is the first again? */
  readonly lane: 'on disk' | 'in memory';
}

export const rules: Rules = {
  checkpoint: 'after the acknowledgement',
  partition: 'of the configuration',
  claim: 'offset, then ledger',
  intent: 'before the insert',
  commit: 'of the claim',
  sum: 'ranges and append times',
  overlap: 'cut by row',
  covered: 'intervals',
  replan: 'without own token, then ask',
  afterLoss: 'first that is left',
  view: 'of the batch',
  reconfiguration: 'loaders go on',
  partitions: 'side by side',
  loadedAt: 'of the intent',
  token: 'of the content',
  ids: 'of the partition',
  window: 100,
  ledger: 'own insert',
  lane: 'on disk',
};

/** What may go wrong. Each happening takes one of the `faults` of the bounds. */
export type Fault =
  /** No acknowledgement comes: the collector sends again, with the same borders or, after a crash, others; the message arrives at any later time, or never. */
  | 'send times out'
  /** The collector reads its file from the beginning again: an import, or a lost checkpoint. */
  | 'import'
  | 'loader crashes'
  /** A partition goes to the other loader; the old one does not know it yet, and works on. */
  | 'rebalance'
  /** The database dies: requests under way end between two tables. */
  | 'server dies'
  /** A loader gives a request up and tries again, and the request is carried out nevertheless, at any later time. */
  | 'insert times out'
  | 'midnight'
  /** Everything is loaded, loaders are stopped, offsets are deleted. */
  | 'offsets reset'
  /** The same in mid batch, which operators must not do. */
  | 'offsets reset in mid batch'
  /** Everything is loaded, loaders are stopped, the topic is created again; committed offsets go with it, or stay. */
  | 'topic re-created'
  /** The oldest message is deleted: it is loaded, or part of an interrupted batch. */
  | 'retention'
  /** The topic gets one more partition. */
  | 'partition added'
  /** Everything is acknowledged and loaded; then the configuration says one more partition. */
  | 'reconfigured'
  /** Everything in the log is loaded, but a collector may wait for an acknowledgement. */
  | 'reconfigured, all loaded'
  /** The same without waiting for the loaders, which operators must not do. */
  | 'reconfigured undrained';

/** How large the world is: every interleaving within these bounds is explored. */
export interface Bounds {
  readonly transport: 'kafka' | 'spool';
  readonly streams: number;
  /** Lines of each stream; streams × lines ≤ 30. */
  readonly lines: number;
  readonly partitions: number;
  readonly loaders: number;
  /** True: loaders A and B are an old and a new handler in one process, and share what it remembers. */
  readonly oneProcess?: boolean;
  /** Messages in one batch at most. */
  readonly batch: number;
  readonly faults: number;
  readonly possible: readonly Fault[];
  /** True where a fault may make a loader stop loudly: a person decides then, and nothing may be doubled. */
  readonly mayStop?: boolean;
}
