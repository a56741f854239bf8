/**
 * A node's data directory: `identity`, `log/` and `store/`. Opening it takes the right to it, which one process
 * has at a time, and makes sure that it is this node's: a member that came up on another's directory, or on
 * one of another cluster, would break promises that it does not know of.
 *
 * Log and store have a second place each, `log.2/` and `store.2/`. What is damaged stays where it is, and another one
 * is begun in the other place; the identity says which is in use, so that one atomic rename is the whole switch. What
 * is not in use was set aside for people to look at, and goes when its room is needed or nobody needs it any more.
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
import { type Disk, type DiskCallback, DiskError, type DiskLock } from '../runtime/disk.ts'
import {
  directoryDamaged,
  directoryFailed,
  directoryOfEtcd,
  directoryVersionUnknown,
  foreignCluster,
  foreignNode,
  otherConsensus,
} from './data-directory-errors.ts'
import { removeLeftover } from './leftover.ts'
import { IDENTITY_BYTES_MAX } from './limits.ts'
import {
  type NodeIdentity,
  type Place,
  readIdentity,
  type StoredIdentity,
  writeIdentity,
} from './node-identity.ts'
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
  /**
   * The same directory with an empty place for another log, and if asked for one for another store. They are in use
   * once it was claimed; until then nothing has changed. What was set aside there before is gone.
   */
  beginAnew(parts: Parts, begun: (outcome: DataDirectory | QuorateError) => void): void
  /** The same directory as that of another identity: it is, once it was claimed. */
  recast(identity: NodeIdentity): DataDirectory
  /** Removes what is not in use, at once or off the turns of the caller; what the disk does not let go stays. */
  discardSetAside(when: 'now' | 'later'): void
  /** Gives the directory free for another process. */
  release(): void
}

/** What is damaged, and so begun anew. Without its store a log has no beginning. */
export type Parts = 'log' | 'logAndStore'

export interface DataDirectoryOptions {
  readonly disk: Disk
  readonly checksum: Checksum
  /** Made with its parents if it does not exist. */
  readonly directory: string
  /** Whose directory it is to be; the ids and the protocol are compared with what is stored. */
  readonly identity: NodeIdentity
}

/**
 * Calls back with the directory, or with why this node may not use it: `QUORATE_DATA_DIR_LOCKED`,
 * `..._FOREIGN_NODE`, `..._FOREIGN_CLUSTER`, `..._OTHER_CONSENSUS`, `..._VERSION`, `..._DAMAGED`, `..._UNREADABLE`,
 * `..._READ_ONLY`, `..._DISK_FULL`, `..._OF_ETCD`. Refusals that need no disk to wait for come within the call.
 */
export function openDataDirectory(
  options: DataDirectoryOptions,
  opened: (outcome: DataDirectory | QuorateError) => void,
): void {
  new Opening(options, opened).begin()
}

/**
 * Where the store of a data directory is, for whoever looks at it without being its node. Throws `DiskError`, or why
 * the identity cannot be read; a directory without one has its store in the first place, if it has any.
 */
export function storeDirectoryIn(disk: Disk, directory: string, checksum: Checksum): string {
  const path = `${directory}/${IDENTITY_FILE}`
  const place = disk.exists(path) ? decodeIdentity(path, readFile(disk, path), checksum).store : 0
  return `${directory}/${placeName('store', place)}`
}

/** Whose directory it is; undefined for one that nobody has claimed. Throws why that cannot be told. */
export function readIdentityIn(disk: Disk, directory: string, checksum: Checksum): NodeIdentity | undefined {
  const path = `${directory}/${IDENTITY_FILE}`
  try {
    if (!disk.exists(path)) return undefined
    return decodeIdentity(path, readFile(disk, path), checksum)
  } catch (error) {
    throw error instanceof DiskError ? directoryFailed(directory, error) : error
  }
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
      if (disk.exists(this.#path(IDENTITY_FILE))) this.#open()
      else this.#prepare(isMade)
    })
  }

  #open(): void {
    const { directory } = this.#options
    const identity = this.#readIdentity()
    // Its maker may have died between giving it its name and making the name durable.
    this.#syncNames([directory], () => this.#end(identity, 'claimed'))
  }

  /** One that cannot be read is never made anew: the directory may be another member's, that was mounted here. */
  #readIdentity(): StoredIdentity {
    const { disk, directory, identity: own, checksum } = this.#options
    const path = this.#path(IDENTITY_FILE)
    const stored = decodeIdentity(path, readFile(disk, path), checksum)
    if (stored.clusterId !== own.clusterId) throw foreignCluster(directory, stored, own)
    if (stored.nodeId !== own.nodeId) throw foreignNode(directory, stored, own)
    if (stored.consensus !== own.consensus) throw otherConsensus(directory, stored, own)
    return stored
  }

  /** Nobody's yet, or left of a first start that was cut short: then there may be a log, and never a store. */
  #prepare(isMade: boolean): void {
    const { disk, directory, identity } = this.#options
    const isBegun = disk.exists(this.#path(NEW_IDENTITY_FILE))
    const forbidden = ['store', 'store.2', 'log.2', ...(isBegun ? [] : ['log'])]
    if (forbidden.some(name => disk.list(this.#path(name)).length > 0)) {
      const path = this.#path(IDENTITY_FILE)
      throw directoryDamaged(path, 'the file is missing, but there is a log or a store')
    }
    disk.makeDirectory(this.#path('log'))
    disk.makeDirectory(this.#path('store'))
    const begun: StoredIdentity = { ...identity, log: 0, store: 0 }
    const names = isMade || isBegun ? [directory, parentOf(directory)] : [directory]
    this.#attempt(() =>
      writeNewIdentity(this.#options, begun, error => {
        if (error !== null) this.#refuse(directoryFailed(directory, error))
        else this.#syncNames(names, () => this.#end(begun, 'new'))
      }),
    )
  }

  #syncNames(directories: readonly string[], done: () => void): void {
    syncDirectories(this.#options.disk, directories, error => {
      if (error !== null) this.#refuse(directoryFailed(this.#options.directory, error))
      else done()
    })
  }

  #end(identity: StoredIdentity, state: ClaimState): void {
    this.#opened(new OpenDirectory(this.#options, identity, state, this.#lock!))
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

/** `new`: `identity.new` is written. `anew`: the stored identity names other places. */
type ClaimState = 'new' | 'anew' | 'claimed'

class OpenDirectory implements DataDirectory {
  readonly identity: NodeIdentity
  readonly isNew: boolean
  readonly logDirectory: string
  readonly storeDirectory: string
  readonly #options: DataDirectoryOptions
  readonly #stored: StoredIdentity
  readonly #lock: DiskLock
  #state: ClaimState

  constructor(options: DataDirectoryOptions, stored: StoredIdentity, state: ClaimState, lock: DiskLock) {
    const { clusterId, nodeId, name, consensus, log, store } = stored
    this.identity = { clusterId, nodeId, name, consensus }
    this.isNew = state === 'new'
    this.#options = options
    this.#stored = stored
    this.#state = state
    this.#lock = lock
    this.logDirectory = this.#path(placeName('log', log))
    this.storeDirectory = this.#path(placeName('store', store))
  }

  claim(claimed: (error: QuorateError | null) => void): void {
    if (this.#state === 'claimed') return claimed(null)
    if (this.#state === 'new') return this.#switchTo(claimed)
    this.#failing(claimed, done =>
      writeNewIdentity(this.#options, this.#stored, error => {
        if (error !== null) done(error)
        else this.#switchTo(claimed)
      }),
    )
  }

  beginAnew(parts: Parts, begun: (outcome: DataDirectory | QuorateError) => void): void {
    const { log, store } = this.#stored
    const next: StoredIdentity = {
      ...this.#stored,
      log: otherPlace(log),
      store: parts === 'logAndStore' ? otherPlace(store) : store,
    }
    const directory = new OpenDirectory(this.#options, next, 'anew', this.#lock)
    const places = [directory.logDirectory]
    if (parts === 'logAndStore') places.push(directory.storeDirectory)
    const ended = (error: QuorateError | null): void => begun(error ?? directory)
    this.#failing(ended, done => {
      const { disk } = this.#options
      for (const place of places) {
        disk.makeDirectory(place)
        for (const name of disk.list(place)) disk.remove(`${place}/${name}`)
      }
      // Also the names of the places themselves.
      syncDirectories(disk, [this.#options.directory, ...places], done)
    })
  }

  recast(identity: NodeIdentity): DataDirectory {
    return new OpenDirectory(this.#options, { ...this.#stored, ...identity }, 'anew', this.#lock)
  }

  discardSetAside(when: 'now' | 'later'): void {
    const { disk } = this.#options
    const { log, store } = this.#stored
    for (const name of [placeName('log', otherPlace(log)), placeName('store', otherPlace(store))]) {
      const place = this.#path(name)
      for (const file of disk.list(place)) {
        const path = `${place}/${file}`
        removeLeftover(() => (when === 'now' ? disk.remove(path) : disk.removeLater(path)))
      }
    }
  }

  release(): void {
    this.#lock.release()
  }

  #switchTo(claimed: (error: QuorateError | null) => void): void {
    const { disk, directory } = this.#options
    this.#failing(claimed, done => {
      disk.rename(this.#path(NEW_IDENTITY_FILE), this.#path(IDENTITY_FILE))
      disk.syncDirectory(directory, error => {
        if (error === null) this.#state = 'claimed'
        done(error)
      })
    })
  }

  /** What the disk says, now or later, is told as the directory's. */
  #failing(ended: (error: QuorateError | null) => void, step: (done: DiskCallback) => void): void {
    const { directory } = this.#options
    try {
      step(error => ended(error === null ? null : directoryFailed(directory, error)))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      ended(directoryFailed(directory, error))
    }
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}`
  }
}

type Part = 'log' | 'store'

function placeName(part: Part, place: Place): string {
  return place === 0 ? part : `${part}.2`
}

function otherPlace(place: Place): Place {
  return place === 0 ? 1 : 0
}

/** One that an attempt left behind is written over in place: while its name is there, so may a log be. */
function writeNewIdentity(
  { disk, directory, checksum }: DataDirectoryOptions,
  identity: StoredIdentity,
  done: DiskCallback,
): void {
  const path = `${directory}/${NEW_IDENTITY_FILE}`
  const isBegun = disk.exists(path)
  const file = disk.open(path, isBegun ? 'write' : 'create')
  file.truncate(0)
  file.writeSynced(0, [writeIdentity(identity, checksum)], error => {
    file.close()
    if (error !== null && !isBegun) removeLeftover(() => disk.remove(path))
    done(error)
  })
}

function syncDirectories(disk: Disk, directories: readonly string[], done: DiskCallback): void {
  const [first, ...rest] = directories
  if (first === undefined) return done(null)
  disk.syncDirectory(first, error => {
    if (error !== null) done(error)
    else syncDirectories(disk, rest, done)
  })
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

function decodeIdentity(path: string, bytes: Uint8Array, checksum: Checksum): StoredIdentity {
  try {
    const decoded = readIdentity(bytes, checksum)
    if ('version' in decoded) throw directoryVersionUnknown(path, decoded.version)
    return decoded
  } catch (error) {
    if (error instanceof DecodeError) throw directoryDamaged(path, error.message)
    throw error
  }
}
