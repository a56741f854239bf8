import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { ClientError } from '../../src/client/errors.ts'
import { type Random, randomFromSeed } from '../../src/core/prng.ts'
import { msBetween } from '../../src/core/time.ts'
import { utf8Bytes, utf8Text } from '../../src/core/utf8.ts'
import { checkLinearizable, type Model, type Operation } from '../../src/sim/checkers/linearizability.ts'
import type { SimulatedMember } from '../../src/sim/cluster/member.ts'
import type { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'
import { smallCluster } from './small-cluster.ts'

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

/** What happens to the cluster in one round. */
type Trouble = (cluster: SimulatedCluster, random: Random) => void

/** Now and then all at once; mostly one. */
const losePower: Trouble = (cluster, random) => {
  const victims = random.chance(1, 6) ? cluster.names : [cluster.names[random.below(3)]!]
  for (const name of victims) {
    cluster.member(name).losePower()
    cluster.member(name).start()
  }
}

/** Takes back what was done before; then cuts a machine off, a link, one direction of it, or stops a process. */
const breakLinks: Trouble = ({ world, names, members }, random) => {
  const { links } = world.network
  links.healAll()
  for (const member of members) member.resume()
  const one = random.below(3)
  const other = (one + 1 + random.below(2)) % 3
  switch (random.below(6)) {
    case 0:
      return links.isolate(names[one]!)
    case 1:
      return links.cut(names[one]!, names[other]!)
    case 2:
      return links.cutOneWay(names[one]!, names[other]!)
    case 3:
      return links.clog(names[one]!, names[other]!, random.below(500_000))
    case 4:
      return members[one]!.pause()
  }
}

async function run(seed: number, trouble: Trouble = losePower, lying = false): Promise<Run> {
  const cluster = smallCluster(seed)
  const random = cluster.world.random.fork()
  for (const name of cluster.names) {
    cluster.member(name).disk.faults.lyingSync = lying
    cluster.member(name).start()
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
    trouble(cluster, random)
  }
  cluster.world.network.links.healAll()
  for (const member of cluster.members) member.resume()
  const answered = await cluster.until(finished, 120_000)
  const verdicts = [...histories.values()].map(history => checkLinearizable(register, history).kind)
  return { answered, verdicts, cluster }
}

/** Runs the world until the request has ended; gives its answer or its error. */
async function settled(cluster: SimulatedCluster, request: Promise<unknown>): Promise<unknown> {
  let outcome: { readonly value: unknown } | undefined
  const end = (value: unknown): void => {
    outcome = { value }
  }
  request.then(end, end)
  expect(await cluster.until(() => outcome !== undefined, 60_000)).toBe(true)
  return outcome!.value
}

async function ended(cluster: SimulatedCluster, member: SimulatedMember): Promise<void> {
  member.stop()
  expect(await cluster.until(() => !member.isUp, 60_000)).toBe(true)
}

describe('whole nodes in a simulated world', () => {
  const seeds = Array.from({ length: Number(process.env['QUORATE_SIMULATION_SEEDS'] ?? 12) }, (_, i) => i + 1)

  test.each(seeds)('stay linearizable while machines lose power (seed %i)', async seed => {
    const { answered, verdicts, cluster } = await run(seed)
    expect(cluster.halts).toEqual([])
    expect(answered).toBe(true)
    expect(verdicts).toEqual(KEYS.map(() => 'linearizable'))
  })

  test.each(seeds)('stay linearizable while links break and processes stop (seed %i)', async seed => {
    const { answered, verdicts, cluster } = await run(seed, breakLinks)
    expect(cluster.halts).toEqual([])
    expect(answered).toBe(true)
    expect(verdicts).toEqual(KEYS.map(() => 'linearizable'))
  })

  test.each([losePower, breakLinks])('the same seed gives the same run', async trouble => {
    const [first, second] = [await run(5, trouble), await run(5, trouble)]
    expect(second.cluster.world.digest()).toBe(first.cluster.world.digest())
  })

  test('one that is cut off refuses what it can no longer do, and says that it was not done', async () => {
    const cluster = smallCluster(1)
    cluster.start()
    const client = cluster.client('client', ['a'])
    await settled(cluster, client.put('k', 'before'))
    cluster.world.network.links.cut('a', 'b')
    cluster.world.network.links.cut('a', 'c')
    // Until it notices that it is alone, a write may already stand in its log.
    await cluster.runFor(5_000)
    for (const request of [() => client.put('k', 'after'), () => client.get('k')]) {
      expect(await settled(cluster, request())).toMatchObject({
        code: 'QUORATE_CLIENT_UNAVAILABLE',
        outcome: 'refused',
      })
    }
    cluster.world.network.links.healAll()
    const found = await settled(cluster, client.get('k'))
    expect(found).toMatchObject({ value: utf8Bytes('before') })
  })

  test('a leader that is asked to stop hands over, and does not wait for those who are gone', async () => {
    const cluster = smallCluster(1)
    cluster.start()
    await settled(cluster, cluster.client('client').put('k', 'v'))
    const leader = cluster.names.find(name => cluster.member(name).node!.leads)!
    const others = cluster.names.filter(name => name !== leader)
    const start = cluster.now()
    await ended(cluster, cluster.member(leader))
    expect(others.filter(name => cluster.member(name).node!.leads)).toHaveLength(1)
    expect(msBetween(start, cluster.now())).toBeLessThan(500)

    const next = others.find(name => cluster.member(name).node!.leads)!
    cluster.member(others.find(name => name !== next)!).losePower()
    // As long as it takes to notice that nobody is left, and hardly longer.
    const alone = cluster.now()
    await ended(cluster, cluster.member(next))
    expect(msBetween(alone, cluster.now())).toBeLessThan(3_000)
  })

  test('disks that lie about their syncs are found out', async () => {
    const found: number[] = []
    for (let seed = 1; seed <= 5; seed++) {
      const { answered, verdicts, cluster } = await run(seed, losePower, true)
      if (!answered || cluster.halts.length > 0 || verdicts.includes('notLinearizable')) found.push(seed)
    }
    expect(found.length).toBeGreaterThan(0)
  })
})
