/** What the conformance suite of stores runs in: a store of any kind in a world of disks. */
import { type Checksum, crc32c } from '../core/crc32c.ts'
import { QuorateError } from '../core/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Disk, DiskError } from '../runtime/disk.ts'
import { type Logger, silentLogger } from '../runtime/logger.ts'
import type { Store } from '../runtime/store.ts'
import { DiskWorld } from './disk-world.conformance.ts'

/** How a kind of store is opened. */
export type OpenStore = (
  options: {
    disk: Disk
    clock: Clock
    checksum: Checksum
    directory: string
    logger: Logger
    /** Called when damage is met while the store is served: nothing of it may be served. Here it throws. */
    halt: (reason: Error) => never
  },
  opened: (outcome: Store | QuorateError) => void,
) => void

export class StoreWorld extends DiskWorld {
  readonly directory = 'data/store'
  readonly #open: OpenStore

  constructor(open: OpenStore, seed = 1) {
    super(seed)
    this.#open = open
  }

  /** Throws what the store is refused with. */
  open(): Store {
    const { disk, clock, directory } = this
    const options = { disk, clock, checksum: crc32c, directory, logger: silentLogger, halt }
    const outcome = this.await<Store | QuorateError>(done => this.#open(options, done))
    if (outcome instanceof QuorateError) throw outcome
    return outcome
  }

  checkpoint(store: Store): DiskError | null {
    return this.await(done => store.checkpoint(done))
  }
}

function halt(reason: Error): never {
  throw reason
}
