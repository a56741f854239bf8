/** A watch of a scenario. Everything that it is told goes to the notebook that is judged in the end. */
import type { Watch, WatchOptions } from '../../client/watch.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { ALL_KEYS } from '../workloads/index.ts'
import type { RecordedClient } from '../workloads/recorded-client.ts'
import type { Director } from './director.ts'

export class ScenarioWatch {
  readonly #director: Director
  readonly #client: RecordedClient
  /** Everything up to here was told. */
  #told = 0

  /** Of all keys. */
  constructor(director: Director, client: RecordedClient, options: Omit<WatchOptions, 'observer'>) {
    this.#director = director
    this.#client = client
    const watch = client.watch({ from: ALL_KEYS.key }, options)
    this.#read(watch).catch(director.trial.stage.broken)
  }

  /** Until it has told of everything that its client can know of. */
  async tellsAll(): Promise<void> {
    await this.#client.ask({ kind: 'range', range: { ...RANGE_DEFAULTS, ...ALL_KEYS } })
    const revision = this.#client.newestRevision
    await this.#director.until(`the watch tells of ${revision}`, () => this.#told >= revision)
    this.#director.step(`the watch of client ${this.#client.id} has told of everything`)
  }

  async #read(watch: Watch): Promise<void> {
    for await (const { revision } of watch) this.#told = revision
  }
}
