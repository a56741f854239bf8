import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { ClientError } from '../../src/client/errors.ts'
import { randomFromSeed } from '../../src/core/prng.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import { checkLinearizable, type Model, type Operation } from '../../src/sim/checkers/linearizability.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

type Input = { readonly kind: 'get' } | { readonly kind: 'put'; readonly value: string }

const register: Model<string, Input, string> = {
  initial: '',
  step: (state, input, output) => {
    if (input.kind === 'put') return { state: input.value }
    return output === undefined || output === state ? { state } : null
  },
  key: state => state,
}

const KEYS = ['k0', 'k1']

/** Writes and reads as fast as it is answered; what it saw goes to the history of each key. */
class Worker {
  done = false
  readonly #client: Client
  readonly #histories: Map<string, Operation<Input, string>[]>
  readonly #now: () => number

  constructor(client: Client, histories: Map<string, Operation<Input, string>[]>, now: () => number) {
    this.#client = client
    this.#histories = histories
    this.#now = now
  }

  async run(client: number, operations: number, seed: number): Promise<void> {
    const random = randomFromSeed(seed)
    for (let i = 0; i < operations; i++) {
      const key = KEYS[random.below(KEYS.length)]!
      const input: Input = random.chance(1, 2) ? { kind: 'get' } : { kind: 'put', value: `${client}.${i}` }
      const calledAt = this.#now()
      const outcome = await this.#perform(key, input)
      if (outcome === 'refused') continue
      const operation = { client, input, calledAt }
      this.#histories
        .get(key)!
        .push(
          outcome === 'unknown'
            ? operation
            : { ...operation, output: outcome.output, returnedAt: this.#now() },
        )
    }
    this.done = true
  }

  async #perform(key: string, input: Input): Promise<'refused' | 'unknown' | { output: string }> {
    try {
      if (input.kind === 'put') {
        await this.#client.put(key, input.value, { timeoutMs: 4_000 })
        return { output: '' }
      }
      const found = await this.#client.get(key, { timeoutMs: 4_000 })
      return { output: found === undefined ? '' : utf8Text(found.value) }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      // A read that failed says nothing; a write may have been done.
      return input.kind === 'put' && error.outcome === 'unknown' ? 'unknown' : 'refused'
    }
  }
}

interface Run {
  /** Every operation came to an end. */
  readonly answered: boolean
  readonly verdicts: readonly string[]
  readonly cluster: SimulatedCluster
}

async function run(seed: number, lying = false): Promise<Run> {
  const cluster = new SimulatedCluster(seed)
  const random = cluster.world.random.fork()
  for (const name of cluster.names) {
    cluster.disk(name).faults.lyingSync = lying
    cluster.start(name)
  }
  const histories = new Map(KEYS.map(key => [key, [] as Operation<Input, string>[]]))
  const workers = [1, 2, 3].map(number => {
    const worker = new Worker(cluster.client(`client${number}`), histories, () => cluster.now())
    void worker.run(number, 60, seed * 10 + number)
    return worker
  })
  const finished = () => workers.every(worker => worker.done)
  for (let round = 0; round < 60 && !finished(); round++) {
    await cluster.runFor(50 + random.below(800))
    // Now and then all at once; mostly one.
    const victims = random.chance(1, 6) ? cluster.names : [cluster.names[random.below(3)]!]
    for (const name of victims) {
      if (cluster.isUp(name)) cluster.powerLoss(name)
      cluster.start(name)
    }
  }
  const answered = await cluster.until(finished, 120_000)
  const verdicts = [...histories.values()].map(history => checkLinearizable(register, history).kind)
  return { answered, verdicts, cluster }
}

describe('whole nodes in a simulated world', () => {
  const seeds = Array.from({ length: Number(process.env['QUORATE_SIMULATION_SEEDS'] ?? 12) }, (_, i) => i + 1)

  test.each(seeds)('stay linearizable while machines lose power (seed %i)', async seed => {
    const { answered, verdicts, cluster } = await run(seed)
    expect(cluster.halts).toEqual([])
    expect(answered).toBe(true)
    expect(verdicts).toEqual(KEYS.map(() => 'linearizable'))
  })

  test('the same seed gives the same run', async () => {
    const [first, second] = [await run(5), await run(5)]
    expect(second.cluster.world.digest()).toBe(first.cluster.world.digest())
  })

  test('disks that lie about their syncs are found out', async () => {
    const found: number[] = []
    for (let seed = 1; seed <= 5; seed++) {
      const { answered, verdicts, cluster } = await run(seed, true)
      if (!answered || cluster.halts.length > 0 || verdicts.includes('notLinearizable')) found.push(seed)
    }
    expect(found.length).toBeGreaterThan(0)
  })
})
