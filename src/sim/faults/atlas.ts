/**
 * Keeps a run within what is promised. Of everything that was promised a majority keeps its copy: what destroys happens
 * to a minority of members that is chosen before the run, everything else to everybody; and an operator changes the
 * members only so that those who keep everything stay a majority. And it knows who cannot come back without an
 * operator, because nothing on its disk would tell it what it lacks, and who not yet.
 */
import { assert } from '../../core/assert.ts'
import { isOfPart } from './disk-part.ts'
import type { Fault } from './fault.ts'

/** What has happened to a disk, not only been armed. */
export type Damage =
  | 'failedSync'
  | 'rot'
  | 'cutFile'
  | 'lostWrite'
  | 'misdirectedWrite'
  /** Of a table: it is damaged as far as anybody who read it can tell. */
  | 'misdirectedRead'
  | 'lostDisk'

/**
 * What becomes of what a disk no longer holds. `sound`: it holds everything. `telling`: something was destroyed on it,
 * or all of it, and whoever begins there finds that out. `silent`: it may lack what nobody misses who reads it.
 */
export type DiskCondition = 'sound' | 'telling' | 'silent'

/** By name. A quorum is a majority of every set: of one, or of several while the membership changes. */
export type VoterSets = readonly (readonly string[])[]

/** What was to be written is not there, and what stands in its place was written once. */
const SILENT: ReadonlySet<Damage> = new Set(['failedSync', 'lostWrite', 'misdirectedWrite'])

export class Atlas {
  readonly members: readonly string[]
  readonly fragile: readonly string[]
  readonly #damaged = new Set<string>()
  /** Those whose disks cannot tell what they lack. */
  readonly #forgetful = new Set<string>()
  readonly #emptied = new Set<string>()
  /** Those whose disks may lack what nothing on them would tell. */
  readonly #silent = new Set<string>()
  readonly #hasBegun: (member: string) => boolean
  readonly #voters: () => VoterSets
  readonly #isBehind: (member: string) => boolean
  /** Those to whom something that destroys may happen by now, or has. */
  readonly #exposed = new Set<string>()

  /**
   * @param members with whom the cluster begins; the fragile ones are a minority of them.
   * @param hasBegun whether a member has taken part and holds an entry: one with an empty disk must not be alone with
   *   those who do not.
   * @param voters whose votes may count by now. Default: the members', for ever.
   * @param isBehind whether a member that has begun has yet to fetch what it may have promised: it goes on with the
   *   others' help, and until then nothing of theirs may be destroyed.
   */
  constructor(
    members: readonly string[],
    fragile: readonly string[] = [],
    hasBegun: (member: string) => boolean = () => true,
    voters: () => VoterSets = () => [members],
    isBehind: (member: string) => boolean = () => false,
  ) {
    assert(fragile.length * 2 < members.length || fragile.length === 0, 'a majority keeps what it promised')
    assert(
      fragile.every(name => members.includes(name)),
      'those who are fragile are members',
    )
    this.#hasBegun = hasBegun
    this.#voters = voters
    this.#isBehind = isBehind
    this.members = members
    this.fragile = fragile
  }

  /** Whether the fault may happen: what destroys hits fragile members alone. Who asks lets it happen. */
  permits(fault: Fault): boolean {
    switch (fault.kind) {
      case 'rot':
      case 'cutFile':
      case 'loseWrite':
      case 'misdirectWrite':
      case 'loseDisk':
        return this.#lets(fault.member)
      case 'failDisk':
        return fault.operation === 'read' || fault.operation === 'write' || this.#lets(fault.member)
      case 'misdirectRead':
        // Zeros read where the log ends would be taken for its end, and then nothing would be left to tell.
        return (fault.part === 'tables' || fault.part === 'manifest') && this.#lets(fault.member)
      default:
        return true
    }
  }

  /**
   * Only where a majority of others has begun with the group, and keeps all: who begins late asks all who may know what
   * was promised, and waits for ever for one who lost it.
   */
  #lets(member: string): boolean {
    const isLet =
      this.fragile.includes(member) && this.#isMajority(other => other !== member && this.#isWhole(other))
    if (isLet) this.#exposed.add(member)
    return isLet
  }

  /** Whether nobody else's vote may count. */
  get hasOneVoter(): boolean {
    return this.#voters().every(voters => voters.length === 1)
  }

  /** Whether one more may vote: while it has not begun, the others have to be a majority without it. */
  mayAdd(isOnceCaughtUp: boolean): boolean {
    return this.#voters().every(voters => {
      const whole = voters.filter(name => this.#isWhole(name)).length
      // A second voter is made a learner first, whatever was asked for.
      return whole * 2 > voters.length + (isOnceCaughtUp || voters.length === 1 ? 0 : 1)
    })
  }

  /** Whether those who are left keep everything that was promised. */
  mayRemove(member: string): boolean {
    return this.#voters().every(voters => {
      const left = voters.filter(name => name !== member)
      return left.filter(name => this.#isWhole(name)).length * 2 > left.length
    })
  }

  #isWhole(member: string): boolean {
    const isKept = !this.#damaged.has(member) && !this.#exposed.has(member)
    return isKept && this.#hasBegun(member) && !this.#isBehind(member)
  }

  #isMajority(has: (member: string) => boolean): boolean {
    return this.#voters().every(voters => voters.filter(has).length * 2 > voters.length)
  }

  /** It has happened; `path` is the file. */
  damaged(member: string, damage: Damage, path: string): void {
    this.#damaged.add(member)
    if (damage === 'lostDisk') {
      this.#emptied.add(member)
      this.#forgetful.delete(member)
      this.#silent.delete(member)
    }
    if (SILENT.has(damage)) this.#silent.add(member)
    const isWrite = damage === 'lostWrite' || damage === 'misdirectedWrite'
    // A batch that is zeros where it should stand looks like a clean end to the next process (see the log's DESIGN).
    if (isWrite && isOfPart('log', path)) this.#forgetful.add(member)
  }

  /**
   * Whether a process may be started on its disk. On an empty one not while it and those who hold nothing are a quorum,
   * for together they would take themselves for new (`docs/concepts/safety.md`).
   */
  mayStart(member: string): boolean {
    if (!this.#emptied.has(member) && !this.#forgetful.has(member)) return true
    // Whoever begins anew knows of those members alone with whom the cluster began, until it is told better.
    return [this.members, ...this.#voters()].every(voters => {
      const ignorant = voters.filter(other => other === member || !this.#hasBegun(other))
      return ignorant.length * 2 <= voters.length
    })
  }

  /** It has lost its disk once, and may have filled another since. */
  hasLostDisk(member: string): boolean {
    return this.#emptied.has(member)
  }

  /** It does not start, because nobody can tell whose directory it is. */
  refused(member: string): void {
    this.#forgetful.add(member)
  }

  /** Its log may have lost its end without a trace, or its directory its owner: only its operator knows better. */
  mustBeEmptied(member: string): boolean {
    return this.#forgetful.has(member)
  }

  /** Its disk holds all that it was told to hold. */
  isSound(member: string): boolean {
    return !this.#damaged.has(member)
  }

  /** What is to be expected of whoever begins on its disk. */
  conditionOf(member: string): DiskCondition {
    if (this.isSound(member)) return 'sound'
    return this.#silent.has(member) ? 'silent' : 'telling'
  }

  /** Those who vote, or may by now, and whose disks hold everything; a majority, always. */
  get sound(): readonly string[] {
    return [...new Set(this.#voters().flat())].filter(name => this.isSound(name))
  }

  /**
   * Those of whom a quorum can serve alone: sound, and no strangers to a group that has begun. Who has not begun with
   * it does not know that it was never part of it, and waits for more of the others than a quorum has.
   */
  get able(): readonly string[] {
    const sound = this.sound.filter(name => this.mayStart(name))
    const begun = sound.filter(name => this.#hasBegun(name))
    return begun.length === 0 ? sound : begun
  }

  /** Whether they are enough. If not, only an operator can help (`docs/concepts/safety.md`). */
  get hasQuorum(): boolean {
    return this.isQuorum(this.able)
  }

  /** @param besides those who will have caught up before their votes count. */
  isQuorum(names: readonly string[], besides: readonly string[] = []): boolean {
    return this.#isMajority(name => names.includes(name) || besides.includes(name))
  }

  /** The first so many of these, in their order, that are a quorum; all of them if they are none. */
  quorumOf(names: readonly string[], besides: readonly string[] = []): readonly string[] {
    const count = names.findIndex((_, i) => this.isQuorum(names.slice(0, i + 1), besides))
    return count < 0 ? names : names.slice(0, count + 1)
  }
}
