/**
 * Keeps a run within what is promised. Of everything that was promised a majority keeps its copy: what destroys happens
 * to a minority of members that is chosen before the run, everything else to everybody. And it knows who cannot come
 * back without an operator, or must not, because nothing on its disk would tell it what it lacks.
 */
import { assert } from '../../core/assert.ts'
import { isOfPart } from './disk-part.ts'
import type { Fault } from './fault.ts'

/** What has happened to a disk, not only been armed. */
export type Damage = 'failedSync' | 'rot' | 'cutFile' | 'lostWrite' | 'misdirectedWrite' | 'lostDisk'

/** A damaged member that stops itself so often will not do better the next time. */
const HALTS_OF_DAMAGED_MAX = 2

export class Atlas {
  readonly members: readonly string[]
  readonly fragile: readonly string[]
  readonly #damaged = new Set<string>()
  /** Those whose log may have lost its end without a trace. */
  readonly #forgetful = new Set<string>()
  readonly #emptied = new Set<string>()
  /** How often those have stopped themselves whose disks hold something that they did not write. */
  readonly #halts = new Map<string, number>()

  /** The fragile ones are a minority of the members. */
  constructor(members: readonly string[], fragile: readonly string[] = []) {
    assert(fragile.length * 2 < members.length || fragile.length === 0, 'a majority keeps what it promised')
    assert(
      fragile.every(name => members.includes(name)),
      'those who are fragile are members',
    )
    this.members = members
    this.fragile = fragile
  }

  /** Whether the fault may happen: what destroys hits fragile members alone. */
  permits(fault: Fault): boolean {
    switch (fault.kind) {
      case 'rot':
      case 'cutFile':
      case 'loseWrite':
      case 'misdirectWrite':
      case 'loseDisk':
        return this.fragile.includes(fault.member)
      case 'failDisk':
        return (
          fault.operation === 'read' || fault.operation === 'write' || this.fragile.includes(fault.member)
        )
      case 'misdirectRead':
        // Zeros read where the log ends would be taken for its end, and then nothing would be left to tell.
        return fault.part === 'tables' || fault.part === 'manifest'
      default:
        return true
    }
  }

  /** It has happened; `path` is the file. */
  damaged(member: string, damage: Damage, path: string): void {
    this.#damaged.add(member)
    // What a failed sync leaves out was acknowledged by nobody: its node comes back as often as it likes.
    if (damage !== 'failedSync') this.#halts.set(member, this.#halts.get(member) ?? 0)
    if (damage === 'lostDisk') this.#emptied.add(member)
    const isWrite = damage === 'lostWrite' || damage === 'misdirectedWrite'
    // A batch that is zeros where it should stand looks like a clean end to the next process (see the log's DESIGN).
    if (isWrite && isOfPart('log', path)) this.#forgetful.add(member)
  }

  /** It has stopped itself. */
  halted(member: string): void {
    const halts = this.#halts.get(member)
    if (halts !== undefined) this.#halts.set(member, halts + 1)
  }

  /** Whether a process may be started on its disk as it is. */
  mayStart(member: string): boolean {
    if (this.#emptied.has(member) || this.#forgetful.has(member)) return false
    return (this.#halts.get(member) ?? 0) < HALTS_OF_DAMAGED_MAX
  }

  /** Its disk holds all that it was told to hold. */
  isSound(member: string): boolean {
    return !this.#damaged.has(member)
  }

  /** Those whose disks hold everything; a majority, always. */
  get sound(): readonly string[] {
    return this.members.filter(name => this.isSound(name))
  }
}
