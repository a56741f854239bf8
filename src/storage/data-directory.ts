/**
 * A node's data directory: `identity`, `log/` and `store/`. Opening it takes the right to it, which one process
 * has at a time, and makes sure that it is this node's: a member that came up on another's directory, or on
 * one of another cluster, would break promises that it does not know of.
 *
 * A first start goes in this order, each step durable before the next:
 * 1. `identity.new` says that a first start is under way,
 * 2. the owner makes the log,
 * 3. `identity.new` becomes `identity`, atomically: the directory is claimed, and the node may make promises.
 *
 * So a directory with an identity has a log, or has lost it; one without either name but with content was not
 * made here, or has lost its identity; and what a first start left behind has promised nothing to anybody.
 */
import { DecodeError } from '../core/bytes.ts'
import type { Checksum } from '../core/crc32c.ts'
import { QuorateError } from '../core/errors.ts'
import { type Disk, DiskError, type DiskLock } from '../runtime/disk.ts'
import {
  directoryDamaged,
  directoryFailed,
  directoryOfEtcd,
  directoryVersionUnknown,
  foreignCluster,
  foreignNode,
} from './data-directory-errors.ts'
import { IDENTITY_BYTES_MAX } from './limits.ts'
import { type NodeIdentity, readIdentity, writeIdentity } from './node-identity.ts'
import { parentOf } from './path.ts'

const IDENTITY_FILE = 'identity'
const NEW_IDENTITY_FILE = 'identity.new'

export interface DataDirectory {
  /** As stored: the name is that of the member when the directory was made. */
  readonly identity: NodeIdentity
  /** Nobody relies on anything here yet: there may be no log. A directory that was claimed must have one. */
  readonly isNew: boolean
  readonly logDirectory: string
  readonly storeDirectory: string
  /**
   * Makes a new directory this node's for good; does nothing on one that is. To be called once the log is durable,
   * and before anything is promised. Calls back with null, or with why the disk could not do it.
   */
  claim(claimed: (error: QuorateError | null) => void): void
  /** Gives the directory free for another process. */
  release(): void
}

export interface DataDirectoryOptions {
  readonly disk: Disk
  readonly checksum: Checksum
  /** Made with its parents if it does not exist. */
  readonly directory: string
  /** Whose directory it is to be; only the ids are compared with what is stored. */
  readonly identity: NodeIdentity
}

/**
 * Calls back with the directory, or with why this node may not use it: `QUORATE_DATA_DIR_LOCKED`,
 * `..._FOREIGN_NODE`, `..._FOREIGN_CLUSTER`, `..._VERSION`, `..._DAMAGED`, `..._UNREADABLE`, `..._READ_ONLY`,
 * `..._DISK_FULL`, `..._OF_ETCD`. Refusals that need no disk to wait for come within the call.
 */
export function openDataDirectory(
  options: DataDirectoryOptions,
  opened: (outcome: DataDirectory | QuorateError) => void,
): void {
  new Opening(options, opened).begin()
}

class Opening {
  readonly #options: DataDirectoryOptions
  readonly #opened: (outcome: DataDirectory | QuorateError) => void
  #lock: DiskLock | undefined

  constructor(options: DataDirectoryOptions, opened: (outcome: DataDirectory | QuorateError) => void) {
    this.#options = options
    this.#opened = opened
  }

  begin(): void {
    const { disk, directory } = this.#options
    this.#attempt(() => {
      // Before the lock, which would be the first of our files in it.
      if (disk.exists(this.#path('member')) && !disk.exists(this.#path(IDENTITY_FILE))) {
        throw directoryOfEtcd(directory)
      }
      const isMade = !disk.exists(directory)
      disk.makeDirectory(directory)
      this.#lock = disk.lock(directory)
      const stored = this.#readIdentity()
      if (stored === undefined) this.#prepareIdentity(isMade)
      // Its maker may have died between giving it its name and making the name durable.
      else this.#syncNames([directory], () => this.#end(stored, false))
    })
  }

  /** Undefined if the directory is a new one. */
  #readIdentity(): NodeIdentity | undefined {
    const { disk, directory, identity: own, checksum } = this.#options
    const path = this.#path(IDENTITY_FILE)
    if (!disk.exists(path)) {
      // A first start that was cut short may have left the log that it made, and never a store.
      const isBegun = disk.exists(this.#path(NEW_IDENTITY_FILE))
      const forbidden = isBegun ? ['store'] : ['log', 'store']
      const holdsData = forbidden.some(name => disk.list(this.#path(name)).length > 0)
      if (holdsData) throw directoryDamaged(path, 'the file is missing, but there is a log or a store')
      return undefined
    }
    const stored = decodeIdentity(path, readFile(disk, path), checksum)
    if (stored.clusterId !== own.clusterId) throw foreignCluster(directory, stored, own)
    if (stored.nodeId !== own.nodeId) throw foreignNode(directory, stored, own)
    return stored
  }

  /** One that a first start left behind is written over in place: while its name is there, so may a log be. */
  #prepareIdentity(isMade: boolean): void {
    const { disk, directory, identity, checksum } = this.#options
    const path = this.#path(NEW_IDENTITY_FILE)
    disk.makeDirectory(this.#path('log'))
    disk.makeDirectory(this.#path('store'))
    const isBegun = disk.exists(path)
    const file = disk.open(path, isBegun ? 'write' : 'create')
    file.truncate(0)
    file.writeSynced(0, [writeIdentity(identity, checksum)], error =>
      this.#attempt(() => {
        file.close()
        if (error !== null) {
          if (!isBegun) disk.remove(path)
          throw error
        }
        const names = isMade || isBegun ? [directory, parentOf(directory)] : [directory]
        this.#syncNames(names, () => this.#end(identity, true))
      }),
    )
  }

  #syncNames(directories: readonly string[], done: () => void): void {
    const [first, ...rest] = directories
    if (first === undefined) return done()
    this.#options.disk.syncDirectory(first, error => {
      if (error !== null) this.#refuse(directoryFailed(this.#options.directory, error))
      else this.#syncNames(rest, done)
    })
  }

  #end(identity: NodeIdentity, isNew: boolean): void {
    const lock = this.#lock!
    this.#opened({
      identity,
      isNew,
      logDirectory: this.#path('log'),
      storeDirectory: this.#path('store'),
      claim: claimed => (isNew ? this.#claim(claimed) : claimed(null)),
      release: () => lock.release(),
    })
  }

  #claim(claimed: (error: QuorateError | null) => void): void {
    const { disk, directory } = this.#options
    try {
      disk.rename(this.#path(NEW_IDENTITY_FILE), this.#path(IDENTITY_FILE))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return claimed(directoryFailed(directory, error))
    }
    disk.syncDirectory(directory, error => {
      claimed(error === null ? null : directoryFailed(directory, error))
    })
  }

  #attempt(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof DiskError) this.#refuse(directoryFailed(this.#options.directory, error))
      else if (error instanceof QuorateError) this.#refuse(error)
      else throw error
    }
  }

  #refuse(reason: QuorateError): void {
    this.#lock?.release()
    this.#opened(reason)
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}`
  }
}

function readFile(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, 'read')
  try {
    const bytes = new Uint8Array(Math.min(file.size(), IDENTITY_BYTES_MAX))
    return bytes.subarray(0, file.read(0, bytes))
  } finally {
    file.close()
  }
}

function decodeIdentity(path: string, bytes: Uint8Array, checksum: Checksum): NodeIdentity {
  try {
    const decoded = readIdentity(bytes, checksum)
    if ('version' in decoded) throw directoryVersionUnknown(path, decoded.version)
    return decoded
  } catch (error) {
    if (error instanceof DecodeError) throw directoryDamaged(path, error.message)
    throw error
  }
}
