/**
 * Whose votes may count: every configuration that any replica of a run holds in its log, and which of them were
 * committed. What is behind the last committed entry may become the configuration, or be given up.
 */
import type { Entry } from '../../core/entry.ts'
import type { NodeId } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'

/** The sets of voters of which each has to agree while this configuration is the newest, up to `commitIndex`. */
export type VotersOf = (configuration: Uint8Array, commitIndex: number) => readonly (readonly NodeId[])[]

export class ConfigurationBook {
  /** By index; of one that is not committed there may be several, of different ballots. */
  readonly #held = new Map<number, Uint8Array[]>()
  readonly #votersOf: VotersOf
  #commitIndex = 0
  /** Committed, and the newest of those. */
  #last: { readonly index: number; readonly data: Uint8Array } | undefined

  constructor(votersOf: VotersOf) {
    this.#votersOf = votersOf
  }

  /** A replica has it in its log. */
  held({ kind, index, data }: Entry): void {
    if (kind !== 'configuration' || index <= this.#commitIndex) return
    const others = this.#held.get(index) ?? []
    this.#held.set(index, [...others, data.slice()])
  }

  committed({ kind, index, data }: Entry): void {
    if (index > this.#commitIndex) this.#commitIndex = index
    if (kind === 'configuration') this.#hold(index, data)
  }

  /** A replica's store holds everything up to here. */
  based({ index, configuration }: LogBase): void {
    if (index > this.#commitIndex) this.#commitIndex = index
    if (configuration.length > 0) this.#hold(index, configuration)
  }

  /** Empty as long as no replica has told of any configuration. */
  get voterSets(): readonly (readonly NodeId[])[] {
    const open = [...this.#held].filter(([index]) => index > this.#commitIndex).flatMap(([, data]) => data)
    const all = this.#last === undefined ? open : [this.#last.data, ...open]
    return all.flatMap(data => this.#votersOf(data, this.#commitIndex))
  }

  #hold(index: number, data: Uint8Array): void {
    if (this.#last === undefined || index >= this.#last.index) this.#last = { index, data: data.slice() }
    for (const each of this.#held.keys()) if (each <= this.#commitIndex) this.#held.delete(each)
  }
}
