/**
 * Writes a checkpoint off the request path: one block a turn, one write outstanding. The new file gets the
 * name of the old one only when it is durable, by one atomic rename: whenever the power fails, the name leads
 * to the one or to the other, whole.
 */
import type { Checksum } from '../../core/crc32c.ts'
import type { Clock } from '../../runtime/clock.ts'
import { type Disk, type DiskCallback, DiskError, type DiskFile } from '../../runtime/disk.ts'
import type { StoreCursor } from '../../runtime/store.ts'
import { BlockEncoder, seedOf, writeHeader } from './checkpoint-format.ts'

export const CHECKPOINT_FILE = 'checkpoint'
export const NEW_CHECKPOINT_FILE = 'checkpoint.new'

export interface CheckpointPlace {
  readonly disk: Disk
  readonly directory: string
  readonly clock: Clock
  readonly checksum: Checksum
}

/**
 * `failed`: the old checkpoint stands, nothing is left of the new one. `uncertain`: the new one is in place,
 * but perhaps not after a power loss.
 */
export type CheckpointOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'failed' | 'uncertain'; readonly error: DiskError }

export class CheckpointWriter {
  readonly #place: CheckpointPlace
  readonly #number: number
  readonly #cursor: StoreCursor
  readonly #ended: (outcome: CheckpointOutcome) => void
  #encoder: BlockEncoder | undefined
  #file: DiskFile | undefined
  #at = 0
  #stopped = false

  /** Begins in a later turn. The cursor must stay valid until `ended` is called. */
  constructor(
    place: CheckpointPlace,
    number: number,
    cursor: StoreCursor,
    ended: (outcome: CheckpointOutcome) => void,
  ) {
    this.#place = place
    this.#number = number
    this.#cursor = cursor
    this.#ended = ended
    this.#nextTurn(() => this.#begin())
  }

  /** Does nothing any more and calls nobody. What it leaves is removed when the store is opened again. */
  stop(): void {
    this.#stopped = true
    this.#file?.close()
  }

  get #newPath(): string {
    return `${this.#place.directory}/${NEW_CHECKPOINT_FILE}`
  }

  #begin(): void {
    const { disk, checksum } = this.#place
    disk.remove(this.#newPath)
    this.#file = disk.open(this.#newPath, 'create')
    const header = writeHeader(this.#number, checksum)
    this.#encoder = new BlockEncoder(checksum, seedOf(header))
    this.#write(header, () => this.#slice())
  }

  #slice(): void {
    const block = this.#encoder!.block(this.#cursor)
    if (block !== undefined) return this.#write(block, () => this.#slice())
    this.#write(this.#encoder!.footer(), () => this.#file!.sync(this.#then(() => this.#switch())))
  }

  #switch(): void {
    const { disk, directory } = this.#place
    this.#file!.close()
    disk.rename(this.#newPath, `${directory}/${CHECKPOINT_FILE}`)
    disk.syncDirectory(directory, error => {
      if (this.#stopped) return
      this.#ended(error === null ? { kind: 'written' } : { kind: 'uncertain', error })
    })
  }

  /** The next step comes a turn later, when what waits for the loop has been served. */
  #write(bytes: Uint8Array, next: () => void): void {
    const at = this.#at
    this.#at += bytes.length
    this.#file!.write(
      at,
      [bytes],
      this.#then(() => this.#nextTurn(next)),
    )
  }

  #nextTurn(step: () => void): void {
    this.#place.clock.nextTurn(() => this.#attempt(step))
  }

  #then(step: () => void): DiskCallback {
    return error => {
      if (error === null) this.#attempt(step)
      else if (!this.#stopped) this.#fail(error)
    }
  }

  #attempt(step: () => void): void {
    if (this.#stopped) return
    try {
      step()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#fail(error)
    }
  }

  #fail(error: DiskError): void {
    this.#file?.close()
    try {
      this.#place.disk.remove(this.#newPath)
    } catch (removal) {
      // The next attempt, or the next start, removes it; what went wrong first is what counts.
      if (!(removal instanceof DiskError)) throw removal
    }
    this.#ended({ kind: 'failed', error })
  }
}
