/** Members that stopped themselves, and whether anything that was done to their disks explains it. */
import { QuorateError } from '../../core/errors.ts'
import { type Instant, msBetween } from '../../core/time.ts'
import type { SimulatedMember } from '../cluster/member.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { Atlas } from './atlas.ts'
import type { Operator } from './operator.ts'

/** A member that stopped itself. */
export interface Halt {
  /** Milliseconds since the beginning of the run, at most as late as somebody looked. */
  readonly atMs: number
  readonly member: string
  readonly reason: Error
  /**
   * A fault of its disk came before, or it was removed, or its program is an older one, and it stopped with a code;
   * else nothing explains it.
   */
  readonly isExplained: boolean
}

export class Halts {
  readonly #cluster: MemberCluster
  readonly #atlas: Atlas
  readonly #operator: Operator | undefined
  readonly #begin: Instant
  readonly #all: Halt[] = []
  readonly #seen = new WeakSet<Error>()
  /** Those whose disks did something wrong. */
  readonly #troubled = new Set<string>()

  /** The run begins now. */
  constructor(cluster: MemberCluster, atlas: Atlas, operator?: Operator) {
    this.#cluster = cluster
    this.#atlas = atlas
    this.#operator = operator
    this.#begin = cluster.now()
  }

  /** Everyone so far who was seen to have stopped. */
  get all(): readonly Halt[] {
    return this.#all
  }

  /** Its disk has just given it a reason to stop. */
  troubled(member: string): void {
    this.#troubled.add(member)
  }

  /** Who has stopped itself since the last look? Whoever is started again before one is never seen. */
  look(): readonly Halt[] {
    const found = this.#cluster.members.flatMap(member => {
      const reason = member.halted
      if (reason === undefined || this.#seen.has(reason)) return []
      this.#seen.add(reason)
      return [this.#halt(member, reason)]
    })
    this.#all.push(...found)
    return found
  }

  #halt({ name, isTooOld }: SimulatedMember, reason: Error): Halt {
    const atMs = Math.floor(msBetween(this.#begin, this.#cluster.now()))
    // A reason is good for one halt: the next process of that member begins without.
    const wasTroubled = this.#troubled.delete(name)
    const isHurt = wasTroubled || !this.#atlas.isSound(name)
    // What a node says with a code it has foreseen; a broken invariant is never the disk's fault.
    const isForeseen = isHurt && reason instanceof QuorateError
    const isExplained = isForeseen || isTooOld || this.#operator?.explains(name, reason) === true
    return { atMs, member: name, reason, isExplained }
  }
}
