/**
 * A store that lives in memory, with checkpoints on disk. Everything is in one tree; a pin is a reference to
 * its root; a checkpoint is a file that holds a pin's pairs in order. See `../DESIGN.md`.
 *
 * Whatever makes content durable (a checkpoint, the commit of an installation) happens one at a time, in the
 * order asked for. After a disk error a checkpoint may be asked for again, except when nobody knows which
 * content a power loss would leave: then the store refuses any more, with that same error.
 */
import { assert } from '../../core/assert.ts'
import type { DiskError } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import type {
  Direction,
  KeyRange,
  Store,
  StoreBatch,
  StoreCallback,
  StoreCursor,
  StoreDamage,
  StoreInstallation,
  StorePin,
} from '../../runtime/store.ts'
import { openCursor } from '../memtable/cursor.ts'
import { countIn, EVERYTHING, getFrom } from '../memtable/reading.ts'
import { Tree, type TreeSnapshot } from '../memtable/tree.ts'
import { estimateCheckpointBytes } from './checkpoint-format.ts'
import { CheckpointReader, findDamage } from './checkpoint-reader.ts'
import {
  CHECKPOINT_FILE,
  type CheckpointOutcome,
  type CheckpointPlace,
  CheckpointWriter,
} from './checkpoint-writer.ts'
import { Installation } from './installation.ts'
import { TreeBatch, TreePin } from './tree-view.ts'

export interface TreeStoreOptions extends CheckpointPlace {
  readonly logger: Logger
}

/** One use of the disk. */
interface DurableWrite {
  /** The pairs to write. */
  begin(): StoreCursor
  ended(error: DiskError | null): void
}

export class TreeStore implements Store {
  /** It holds everything in memory whenever a checkpoint comes, and writes need no disk. */
  readonly checkpointDue = false
  readonly isCongested = false
  readonly #options: TreeStoreOptions
  #tree: Tree
  /** Of the newest checkpoint that was tried. */
  #number: number
  /** Whether there is a file: before the first checkpoint of all, there is none. */
  #hasFile: boolean
  #batch: TreeBatch | undefined
  readonly #waiting: DurableWrite[] = []
  #writer: CheckpointWriter | undefined
  #isCheckpointing = false
  #isInstalling = false
  /** Why nothing can be made durable any more. */
  #refusal: DiskError | undefined
  #closed = false

  /** Made by `openMemoryStore`. */
  constructor(options: TreeStoreOptions, loaded: { number: number; content: TreeSnapshot } | undefined) {
    this.#options = options
    this.#tree = new Tree(loaded?.content)
    this.#number = loaded?.number ?? 0
    this.#hasFile = loaded !== undefined
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return getFrom(this.#readable().root, key)
  }

  scan(range: KeyRange, direction: Direction = 'forward'): StoreCursor {
    return openCursor(this.#readable(), range, direction)
  }

  count(range: KeyRange): number {
    const { root, count } = this.#readable()
    return countIn(root, count, range)
  }

  batch(): StoreBatch {
    this.#batch = new TreeBatch(this.#readable(), () => {
      this.#batch = undefined
    })
    return this.#batch
  }

  pin(): StorePin {
    return new TreePin(this.#readable())
  }

  checkpoint(done: StoreCallback): void {
    assert(!this.#isCheckpointing, 'one checkpoint at a time')
    this.#isCheckpointing = true
    let pin: TreePin | undefined
    this.#enqueue({
      begin: () => {
        pin = new TreePin(this.#readable())
        return pin.scan(EVERYTHING)
      },
      ended: error => {
        pin?.release()
        this.#isCheckpointing = false
        done(error)
      },
    })
  }

  checkpointBytes(): number {
    return estimateCheckpointBytes(this.#tree.count, this.#tree.bytes)
  }

  whenRelieved(): void {
    assert(this.isCongested, 'only who finds the store congested waits for its relief')
  }

  install(): StoreInstallation {
    assert(!this.#closed, 'a closed store is not used')
    return new Installation((content, done) => this.#commitInstallation(content, done))
  }

  sizeBytes(): number {
    return this.#tree.bytes
  }

  verify(): StoreDamage[] {
    const { disk, directory, checksum } = this.#options
    const path = `${directory}/${CHECKPOINT_FILE}`
    if (!disk.exists(path)) {
      return this.#hasFile ? [{ file: path, offsetBytes: 0, what: 'the file is missing' }] : []
    }
    const reader = new CheckpointReader(disk, path, checksum)
    const damages = findDamage(reader)
    reader.close()
    return damages
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#writer?.stop()
  }

  /** The tree, between batches. */
  #readable(): Tree {
    assert(!this.#closed, 'a closed store is not used')
    assert(this.#batch === undefined, 'while a batch is open, only the batch is read')
    return this.#tree
  }

  #commitInstallation(content: TreeSnapshot, done: StoreCallback): void {
    assert(!this.#isInstalling, 'one installation is committed at a time')
    this.#isInstalling = true
    const tree = new Tree(content)
    this.#enqueue({
      begin: () => openCursor(tree, EVERYTHING, 'forward'),
      ended: error => {
        this.#isInstalling = false
        if (error === null) {
          this.#tree.end()
          this.#tree = tree
        }
        done(error)
      },
    })
  }

  #enqueue(write: DurableWrite): void {
    this.#waiting.push(write)
    if (this.#waiting.length === 1) this.#start(write)
  }

  /** The one in front of the queue is under way. */
  #start(write: DurableWrite): void {
    if (this.#refusal !== undefined) {
      const error = this.#refusal
      this.#options.clock.soon(() => {
        if (!this.#closed) this.#end({ kind: 'failed', error })
      })
      return
    }
    this.#writer = new CheckpointWriter(this.#options, ++this.#number, write.begin(), outcome =>
      this.#end(outcome),
    )
  }

  #end(outcome: CheckpointOutcome): void {
    const write = this.#waiting[0]!
    this.#writer = undefined
    if (outcome.kind !== 'failed') this.#hasFile = true
    if (outcome.kind === 'uncertain') this.#refusal = outcome.error
    this.#options.logger.debug('checkpoint ended', { number: this.#number, outcome: outcome.kind })
    write.ended(outcome.kind === 'written' ? null : outcome.error)
    // Not before it was told: what it asks for in its turn waits behind it.
    this.#waiting.shift()
    const next = this.#waiting[0]
    if (next !== undefined && !this.#closed) this.#start(next)
  }
}
