import type { EpochRegistry } from './epoch-registry.ts';
import type { FileMemory } from './file-memory.ts';
import type { FileScan } from './file-scan.ts';
import type { FileState } from './file-state.ts';
import type { FollowedFile } from './followed-file.ts';
import type { Head } from './head-probe.ts';

/** What a file has to do with files that began alike before it. */
export class FormerLives {
  readonly #scan: FileScan;
  readonly #registry: EpochRegistry;
  readonly #memory: FileMemory;

  constructor(options: { scan: FileScan; registry: EpochRegistry; memory: FileMemory }) {
    this.#scan = options.scan;
    this.#registry = options.registry;
    this.#memory = options.memory;
  }

  /**
   * Where the registry was lost and the checkpoint was not, epochs keep their names: that of `file`, which begins with `head`, is
   * registered again, and it may take none of another.
   */
  async keepNames(file: FollowedFile, head: Head): Promise<void> {
    const lost: (FileState & { epoch: string })[] = [];
    for (const state of this.#memory.states) {
      const { epoch } = state;
      if (epoch === null || state.firstLine !== head.firstLine) continue;
      if (((await this.#registry.reload(epoch, head.firstLine))?.start ?? -1) < 0) lost.push({ ...state, epoch });
    }
    let found = false;
    for (const state of lost.sort((a, b) => Number(isSame(b, file)) - Number(isSame(a, file)))) {
      const tail = Buffer.from(state.tail, 'base64');
      const fits: boolean =
        !found && tail.length > 0 && file.size >= state.position && (await file.hasTail(state.position, tail));
      await this.#registry.restore(state.epoch, head.firstLine, fits ? head : null);
      found ||= fits;
    }
  }

  /**
   * How much `file` still begins with of its own former life, which an editor or a tool has cut or replaced: lines that were read already.
   * 0 for a file that was not there before. `flush` makes durable what was read.
   */
  async keptBy(file: FollowedFile, head: Head, flush: () => Promise<void>): Promise<number> {
    const replaced = this.#scan.files.filter((other) => other !== file && other.state === 'following' && !other.live);
    if (replaced.some(({ place }) => place === file.place)) await flush();
    for (const state of [...this.#memory.states, ...replaced.map((other) => other.remembered(false))]) {
      if (!isSame(state, file) && state.path !== file.place) continue;
      if (state.firstLine !== head.firstLine || state.epoch === null) continue;
      const former = await this.#registry.reload(state.epoch, state.firstLine);
      if (former === undefined || former.start !== head.start) continue;
      let length = 0;
      while (length < head.bytes.length && head.bytes[length] === former.head[length]) length += 1;
      return Math.min(state.position, head.start + head.bytes.subarray(0, length).lastIndexOf(10) + 1);
    }
    return 0;
  }
}

function isSame(state: FileState, file: FollowedFile): boolean {
  return state.identity === file.identity;
}
