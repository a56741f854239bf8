/**
 * The names of a simulated disk: what a process sees, and what a crash may take back. Creations, renames and
 * removals become durable with the sync of their directory; in a crash, each that is not may or may not last.
 */
import { assert } from '../core/assert.ts'
import type { Random } from '../core/prng.ts'
import type { CrashReport } from './crash-report.ts'
import type { SimulatedInode } from './disk-inode.ts'

interface NameChange {
  readonly directory: string
  readonly number: number
  apply(names: Map<string, SimulatedInode>): void
}

export class SimulatedNames {
  readonly #current = new Map<string, SimulatedInode>()
  readonly #durable = new Map<string, SimulatedInode>()
  #changes: NameChange[] = []
  #count = 0

  get(path: string): SimulatedInode | undefined {
    return this.#current.get(path)
  }

  entries(): IterableIterator<[string, SimulatedInode]> {
    return this.#current.entries()
  }

  set(path: string, inode: SimulatedInode): void {
    this.#change(parentOf(path), names => names.set(path, inode))
  }

  /** A name that is durable at once. */
  restore(path: string, inode: SimulatedInode): void {
    this.#current.set(path, inode)
    this.#durable.set(path, inode)
  }

  rename(from: string, to: string): void {
    const inode = this.#current.get(from)
    assert(inode !== undefined && parentOf(from) === parentOf(to), 'a rename stays within its directory')
    this.#change(parentOf(to), names => {
      if (names.get(from) === inode) names.delete(from)
      names.set(to, inode)
    })
  }

  remove(path: string): void {
    const inode = this.#current.get(path)
    this.#change(parentOf(path), names => {
      if (names.get(path) === inode) names.delete(path)
    })
  }

  /** The number of the last change so far. */
  get lastChange(): number {
    return this.#count
  }

  /** The directory's changes up to this one are durable now. */
  syncUpTo(directory: string, number: number): void {
    this.#changes = this.#changes.filter(change => {
      if (change.directory !== directory || change.number > number) return true
      change.apply(this.#durable)
      return false
    })
  }

  /** The power fails, for the contents too: journals mostly keep the order of changes, but nobody promised it. */
  crash(random: Random, report?: CrashReport): void {
    for (const inode of new Set(this.#current.values())) inode.crash(random, report)
    const inOrder = random.chance(2, 3)
    const cut = random.below(this.#changes.length + 1)
    this.#changes.forEach((change, position) => {
      if (inOrder ? position < cut : random.chance(1, 2)) change.apply(this.#durable)
      else report?.addUndoneName()
    })
    this.#changes = []
    this.#current.clear()
    for (const [path, inode] of this.#durable) this.#current.set(path, inode)
    // A name that came back may lead to content that no name led to before the crash.
    for (const inode of this.#current.values()) inode.crash(random, report)
  }

  /** Nothing is left, and nothing comes back. */
  clear(): void {
    this.#current.clear()
    this.#durable.clear()
    this.#changes = []
  }

  #change(directory: string, apply: (names: Map<string, SimulatedInode>) => void): void {
    apply(this.#current)
    this.#changes.push({ directory, number: ++this.#count, apply })
  }
}

/** The directory of a path; empty for a bare name. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
