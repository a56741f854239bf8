/**
 * Makes one generation of the manifest after the other durable, in the order asked for. The switch is an atomic
 * rename: whenever the power fails, the name leads to the old generation or to the new one, whole.
 *
 * The order is the promise: the directory is synced before anything names the new tables in it, and again before
 * anybody is told that the new generation stands. Until then nothing that the old generation names may be removed.
 */
import { assert } from '../../core/assert.ts'
import { bug } from '../../core/seams.ts'
import { type DiskCallback, DiskError, type DiskFile } from '../../runtime/disk.ts'
import { removeLeftover } from '../leftover.ts'
import type { Manifest, ManifestContent } from './manifest.ts'
import { encodeManifest } from './manifest-codec.ts'
import { MANIFEST_FILE, NEW_MANIFEST_FILE, type StorePlace } from './manifest-file.ts'

/**
 * What the next generation is to hold. It is asked when its turn comes, so that it continues from what stands
 * then: two changes that wait for each other do not undo each other.
 */
export type ManifestChange = (current: Manifest) => ManifestContent

interface WaitingChange {
  readonly change: ManifestChange
  readonly done: DiskCallback
}

export class ManifestWriter {
  readonly #place: StorePlace
  #current: Manifest
  readonly #waiting: WaitingChange[] = []
  /** The one in front of the queue is under way. */
  #isBusy = false
  #file: DiskFile | undefined
  /** Why nothing can be made durable any more. */
  #refusal: DiskError | undefined
  #closed = false

  /** @param current what stands in the directory, durably; `NO_MANIFEST` for a store that begins. */
  constructor(place: StorePlace, current: Manifest) {
    this.#place = place
    this.#current = current
  }

  /** The last generation that is known to be durable. */
  get current(): Manifest {
    return this.#current
  }

  /** Whether nobody knows what a power loss would leave, so that every change is refused; see `change`. */
  get isRefusing(): boolean {
    return this.#refusal !== undefined
  }

  /**
   * Makes a new generation. Everything in the tables that it names must be durable; their names need not be. Calls
   * back, never within the call:
   *
   * - with null: the new generation is `current`, and what only older ones name may be removed;
   * - with an error before the switch: the old generation stands, and the next change may succeed. Tables made for
   *   the one that failed are best made again, for a sync that failed may have forgotten their names;
   * - with an error after it: nobody knows which generation a power loss would leave. `current` is the old one,
   *   nothing that either names may be removed, and every change from then on is refused with that same error.
   */
  change(change: ManifestChange, done: DiskCallback): void {
    assert(!this.#closed, 'a closed store is not used')
    this.#waiting.push({ change, done })
    this.#startNext()
  }

  /** Does nothing any more and calls nobody. What it leaves is removed when the store is opened again. */
  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#file?.close()
  }

  #startNext(): void {
    if (this.#isBusy || this.#waiting.length === 0) return
    this.#isBusy = true
    this.#place.clock.soon(() => {
      if (this.#closed) return
      if (this.#refusal !== undefined) this.#end(this.#refusal)
      else this.#begin()
    })
  }

  #begin(): void {
    const content = this.#waiting[0]!.change(this.#current)
    assert(content.nextTableId >= this.#current.nextTableId, 'the ids of tables only grow')
    const { nextTableId, keyspaces } = content
    const next: Manifest = { generation: this.#current.generation + 1, nextTableId, keyspaces }
    const bytes = encodeManifest(next, this.#place.checksum)
    const { disk, directory } = this.#place
    disk.syncDirectory(
      directory,
      this.#then(() => this.#write(bytes, next)),
    )
  }

  #write(bytes: Uint8Array, next: Manifest): void {
    const { disk } = this.#place
    // Of an attempt that failed, and could not remove it.
    disk.remove(this.#newPath)
    this.#file = disk.open(this.#newPath, 'create')
    this.#file.writeSynced(
      0,
      [bytes],
      this.#then(() => this.#switch(next)),
    )
  }

  #switch(next: Manifest): void {
    const { disk, directory } = this.#place
    this.#closeFile()
    disk.rename(this.#newPath, `${directory}/${MANIFEST_FILE}`)
    const ended = (error: DiskError | null): void => {
      if (this.#closed) return
      if (error === null) this.#current = next
      else this.#refusal = error
      this.#end(error)
    }
    if (bug('rename-not-synced')) ended(null)
    else disk.syncDirectory(directory, ended)
  }

  #then(step: () => void): DiskCallback {
    return error => {
      if (this.#closed) return
      if (error !== null) return this.#fail(error)
      try {
        step()
      } catch (thrown) {
        if (!(thrown instanceof DiskError)) throw thrown
        this.#fail(thrown)
      }
    }
  }

  /** Before the switch: the old generation stands. */
  #fail(error: DiskError): void {
    this.#closeFile()
    // What went wrong first is what counts; the next attempt removes it as well.
    removeLeftover(() => this.#place.disk.remove(this.#newPath))
    this.#end(error)
  }

  #end(error: DiskError | null): void {
    const { done } = this.#waiting.shift()!
    this.#isBusy = false
    // It may ask for the next change, or close.
    done(error)
    this.#startNext()
  }

  #closeFile(): void {
    this.#file?.close()
    this.#file = undefined
  }

  get #newPath(): string {
    return `${this.#place.directory}/${NEW_MANIFEST_FILE}`
  }
}
