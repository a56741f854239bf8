/**
 * How one configuration becomes another (Raft §6, thesis §4.3): a change of voters goes through a joint
 * configuration, which is left as soon as it is committed; a change of learners alone takes one entry. And the
 * history of configurations in a log: the newest one is in force from the moment that it is appended, and a
 * truncation brings back the one before it.
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import type { Index, NodeId } from '../../core/ids.ts'
import { NOBODY } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { Membership } from '../consensus.ts'
import { byId, type Configuration, decodeConfiguration, isVoter } from './configuration.ts'

/** The configuration to append first; undefined if the target is no membership. */
export function planChange(
  current: Configuration,
  target: Membership,
  context: Uint8Array,
): Configuration | undefined {
  const voters = [...new Set(target.voters)].sort(byId)
  const learners = [...new Set(target.learners)].sort(byId)
  if (voters.length === 0) return undefined
  if (learners.some(id => voters.includes(id))) return undefined
  if (voters.includes(NOBODY) || learners.includes(NOBODY)) return undefined
  const outgoing = sameIds(voters, current.voters) ? [] : current.voters
  return { voters, outgoing, learners, context, version: current.version + 1 }
}

/** What follows a joint configuration: the same change, brought to its end. */
export function leaveJoint(joint: Configuration): Configuration {
  return { ...joint, outgoing: [] }
}

function sameIds(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}

interface Past {
  readonly index: Index
  readonly data: Uint8Array
  readonly configuration: Configuration
}

export class ConfigurationHistory {
  #past: Past[]

  constructor(base: LogBase) {
    this.#past = [past(base.index, base.configuration)]
  }

  /** The configuration in force. */
  get current(): Configuration {
    return this.#past.at(-1)!.configuration
  }

  /** Where the configuration in force was appended. */
  get currentIndex(): Index {
    return this.#past.at(-1)!.index
  }

  /**
   * Thesis §4.2.2: a server that is not in its newest configuration still has to campaign until it knows that
   * the configuration is committed: it may be the only one which holds the entries that the others need.
   */
  mayElect(id: NodeId, commit: Index): boolean {
    for (let i = this.#past.length - 1; i >= 0; i--) {
      if (isVoter(this.#past[i]!.configuration, id)) return true
      if (this.#past[i]!.index <= commit) return false
    }
    return false
  }

  append(entry: Entry): void {
    assert(entry.index > this.currentIndex, 'configurations are appended in order')
    this.#past.push(past(entry.index, entry.data))
  }

  truncateFrom(index: Index): void {
    assert(this.#past[0]!.index < index, 'a committed configuration is never truncated')
    while (this.currentIndex >= index) this.#past.pop()
  }

  /** The bytes of the configuration that was in force at `index`. */
  dataAt(index: Index): Uint8Array {
    return this.#past.findLast(one => one.index <= index)!.data
  }

  rebase(index: Index): void {
    const first = this.#past.findLastIndex(one => one.index <= index)
    if (first > 0) this.#past.splice(0, first)
  }

  reset(base: LogBase): void {
    this.#past = [past(base.index, base.configuration)]
  }
}

function past(index: Index, data: Uint8Array): Past {
  return { index, data, configuration: decodeConfiguration(data) }
}
