/** The disk of a node, and what can be wrong with it. */
import type { FaultyOperation } from '../disk-faults.ts'
import type { DiskPart } from '../faults/fault.ts'
import type { Director } from './director.ts'
import { MILLIONTHS_PER_PERCENT } from './limits.ts'

/**
 * A place on the disk: the first, second, ... file of a part (counted from 0, by name), and how far behind its
 * beginning, in percent of what is written there: `{ log: 0, percent: 50 }`. In the middle if nothing is said.
 */
export type DiskPlace = { readonly percent?: number } & (
  | { readonly log: number }
  | { readonly tables: number }
  | { readonly manifest: number }
)

export class ScenarioDisk {
  readonly #director: Director
  readonly #member: string

  constructor(director: Director, member: string) {
    this.#director = director
    this.#member = member
  }

  /** A bit flips at rest. */
  rot(place: DiskPlace): void {
    this.#damage('rot', place)
  }

  /** The file ends there from now on. */
  cutFile(place: DiskPlace): void {
    this.#damage('cutFile', place)
  }

  /** The machine comes back with an empty disk, if anybody starts it. */
  lose(): void {
    this.#director.cause({ kind: 'loseDisk', member: this.#member })
  }

  /** The files of that part are gone; best while no process holds them open. */
  loseFiles(part: DiskPart): void {
    const line = `${this.#member} has no files any more (${part})`
    this.#director.harm(line, this.#member, part, (disk, path) => disk.remove(path))
  }

  /** Syncs report success and make nothing durable: beyond all promises, to show that the alarm works. */
  lieAboutSyncs(): void {
    this.#director.step(`disk of ${this.#member} lies about its syncs`)
    this.#director.trial.cluster.member(this.#member).disk.faults.lyingSync = true
  }

  /** So many bytes more fit. */
  fill(freeBytes = 0): void {
    this.#director.cause({ kind: 'fillDisk', member: this.#member, freeBytes })
  }

  /** It has room again. */
  makeRoom(): void {
    this.#director.cause({ kind: 'fillDisk', member: this.#member, freeBytes: -1 })
  }

  /** Every operation takes so much longer; 0: it is quick again. */
  slowDown(ms: number): void {
    this.#director.cause({ kind: 'slowDisk', member: this.#member, extraUs: ms * 1000 })
  }

  /** The next such operation fails. */
  failNext(operation: FaultyOperation, part: DiskPart = 'any'): void {
    this.#director.cause({ kind: 'failDisk', member: this.#member, operation, part })
  }

  /** The next write reports success and never arrives. */
  loseNextWrite(part: DiskPart = 'any'): void {
    this.#director.cause({ kind: 'loseWrite', member: this.#member, part })
  }

  /** The next write reports success and lands elsewhere in the file. */
  misdirectNextWrite(part: DiskPart = 'any'): void {
    this.#director.cause({ kind: 'misdirectWrite', member: this.#member, part })
  }

  #damage(kind: 'rot' | 'cutFile', { percent = 50, ...where }: DiskPlace): void {
    const [[part, file] = this.#director.refuse('it names no part of the disk')] = Object.entries(where)
    const at = percent * MILLIONTHS_PER_PERCENT
    this.#director.cause({ kind, member: this.#member, part: part as DiskPart, file, at })
  }
}
