/** The configuration that a group has applied, read once, and told to whoever wants to know when it is another one. */
import type { LogBase } from '../core/log-update.ts'
import type { GroupConfiguration } from '../protocols/consensus.ts'

export class AppliedConfiguration {
  readonly #read: (data: Uint8Array) => GroupConfiguration
  readonly #tell: (configuration: GroupConfiguration) => void
  #data: Uint8Array
  #configuration: GroupConfiguration
  #told: GroupConfiguration

  constructor(
    { configuration: data }: LogBase,
    read: (data: Uint8Array) => GroupConfiguration,
    tell: (configuration: GroupConfiguration) => void,
  ) {
    this.#read = read
    this.#tell = tell
    this.#data = data
    this.#configuration = this.#told = read(data)
  }

  /** As of what is applied by now, also while those are answered who asked for it. */
  at({ configuration: data }: LogBase): GroupConfiguration {
    if (data !== this.#data) {
      this.#data = data
      this.#configuration = this.#read(data)
    }
    return this.#configuration
  }

  applied(base: LogBase): void {
    const configuration = this.at(base)
    if (configuration === this.#told) return
    this.#told = configuration
    this.#tell(configuration)
  }
}
