/**
 * Who votes in which slot, as far as the chosen part of the log decides it.
 *
 * A member that joins is told the configuration it stands in before it knows anything that was chosen before it. Such a
 * *foretold* one says whom to ask and where to find them, and nothing of the slots that this member decides in: who
 * knows no better does not propose (`PaxosState.mayCampaign`). The first configuration that it learns as chosen takes
 * its place, though that may be an older one.
 */
import { assert } from '../../../core/assert.ts'
import type { Entry } from '../../../core/entry.ts'
import type { NodeId } from '../../../core/ids.ts'
import type { LogBase } from '../../../core/log-update.ts'
import { probe } from '../../../core/seams.ts'
import type { Membership } from '../../consensus.ts'
import { quorumSize } from '../proposer.ts'
import { type Configuration, decodeConfiguration, firstSlotOf, membersOf } from './configuration.ts'

interface Chosen {
  readonly data: Uint8Array
  readonly configuration: Configuration
}

export class Configurations {
  /** Ascending; the first one's predecessor is told by itself. One that was foretold stands alone. */
  #chosen: Chosen[]

  constructor(base: LogBase) {
    this.#chosen = [read(base.configuration)]
  }

  get newest(): Configuration {
    return this.#chosen.at(-1)!.configuration
  }

  get alpha(): number {
    return this.newest.alpha
  }

  /** Who has a say in this slot. What was chosen up to `alpha` slots before it must be known. */
  at(slot: number): Membership {
    for (let i = this.#chosen.length - 1; i >= 0; i--) {
      const { configuration } = this.#chosen[i]!
      if (firstSlotOf(configuration) <= slot) return configuration
    }
    return this.#chosen[0]!.configuration.before
  }

  /** Everybody who has a say in this slot, or will have one. */
  members(slot: number): NodeId[] {
    const all = new Set([...membersOf(this.at(slot)), ...membersOf(this.newest)])
    return [...all].toSorted((a, b) => (a < b ? -1 : 1))
  }

  /** Whether everything up to here says who votes: no, if the only one known is yet to be chosen there. */
  isKnownAt(chosen: number): boolean {
    return this.#chosen[0]!.configuration.chosenAt <= chosen
  }

  append(entry: Entry): void {
    const next = read(entry.data)
    assert(next.configuration.chosenAt === entry.index, 'a configuration knows its slot')
    // Everything before this slot is chosen: what is not known by now to be so was foretold.
    if (!this.isKnownAt(entry.index - 1)) {
      probe('paxos: a member that joined learned the configurations before its own')
      this.#chosen = [next]
      return
    }
    assert(entry.index > this.newest.chosenAt, 'configurations are chosen in order')
    assert(firstSlotOf(this.newest) <= entry.index, 'one change of membership at a time')
    this.#chosen.push(next)
  }

  /** Of the newest one that was chosen at or below `index`; or what was foretold, if none is known to be. */
  dataAt(index: number): Uint8Array {
    const chosen = this.#chosen.findLast(({ configuration }) => configuration.chosenAt <= index)
    return (chosen ?? this.#chosen[0]!).data
  }

  rebase(index: number): void {
    const first = this.#chosen.findLastIndex(({ configuration }) => configuration.chosenAt <= index)
    if (first > 0) this.#chosen.splice(0, first)
  }

  reset(base: LogBase): void {
    this.#chosen = [read(base.configuration)]
  }
}

function read(data: Uint8Array): Chosen {
  return { data, configuration: decodeConfiguration(data) }
}

/** Whether those for whom `has` is true are a majority of these voters. Nobody is no majority. */
export function isMajority(voters: readonly NodeId[], has: (id: NodeId) => boolean): boolean {
  let count = 0
  for (const id of voters) if (has(id)) count++
  return voters.length > 0 && count >= quorumSize(voters.length)
}

/** The greatest value that a majority of these voters has reached. */
export function majorityValue(voters: readonly NodeId[], reached: (id: NodeId) => number): number {
  if (voters.length === 0) return 0
  const values = voters.map(reached).sort((a, b) => b - a)
  return values[quorumSize(voters.length) - 1]!
}
