/** The configuration that a group has applied, read once, and told to whoever wants to know when it is another one. */
import type { Index } from '../core/ids.ts'
import type { LogBase } from '../core/log-update.ts'
import type { GroupConfiguration } from '../protocols/consensus.ts'

export class AppliedConfiguration {
  readonly #read: (data: Uint8Array, applied: Index) => GroupConfiguration
  readonly #tell: (configuration: GroupConfiguration) => void
  #data: Uint8Array
  #configuration: GroupConfiguration
  #told: GroupConfiguration

  constructor(
    { configuration: data, index }: LogBase,
    read: (data: Uint8Array, applied: Index) => GroupConfiguration,
    tell: (configuration: GroupConfiguration) => void,
  ) {
    this.#read = read
    this.#tell = tell
    this.#data = data
    this.#configuration = this.#told = read(data, index)
  }

  /** As of what is applied by now, also while those are answered who asked for it. */
  at({ configuration: data, index }: LogBase): GroupConfiguration {
    const isOther = data !== this.#data
    if (!isOther && this.#configuration.leaving === undefined) return this.#configuration
    const read = this.#read(data, index)
    // While somebody is leaving, what was read says so again with every entry: that is no news.
    if (isOther || read.leaving === undefined) this.#configuration = read
    this.#data = data
    return this.#configuration
  }

  applied(base: LogBase): void {
    const configuration = this.at(base)
    if (configuration === this.#told) return
    this.#told = configuration
    this.#tell(configuration)
  }
}
