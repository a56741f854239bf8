/**
 * Random schedules: members are added, promoted and removed while clients write, and meanwhile processes die, machines
 * lose power, pause and lose touch with each other. In the end all are healed: what was acknowledged is on every
 * member, and who was removed has stopped itself or never will be heard.
 */
import { expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { type Random, randomFromSeed } from '../../src/core/prng.ts'
import { openSeams, type ProbeName } from '../../src/core/seams.ts'
import type { ProtocolName } from '../../src/protocols/protocols.ts'
import { peerUrlOf } from '../../src/sim/cluster/member-cluster.ts'
import { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'

const TROUBLE_MS = 40_000
const MEMBERS_MAX = 5
/** Fewer with Multi-Paxos: what surrounds consensus is the same. */
const RUNS: readonly { readonly consensus: ProtocolName; readonly seed: number }[] = [
  { consensus: 'raft', seed: 1 },
  { consensus: 'raft', seed: 2 },
  { consensus: 'raft', seed: 3 },
  { consensus: 'paxos', seed: 1 },
]

class Schedule {
  readonly cluster: SimulatedCluster
  readonly acknowledged: string[] = []
  /** Changes of the membership that were made. */
  changes = 0
  readonly #random: Random
  #isOver = false
  #unfinished = 0
  #clients = 0
  #machines = 3

  constructor(consensus: ProtocolName, seed: number) {
    this.#random = randomFromSeed(seed)
    const config = { consensus, snapshotEntries: 60, catchUpEntries: 10, strictReconfigCheck: false }
    this.cluster = new SimulatedCluster({ seed, config })
  }

  async play(): Promise<void> {
    this.cluster.start()
    for (let writer = 1; writer <= 3; writer++) this.#run(this.#write(writer))
    this.#run(this.#operate(this.#random.fork()))
    this.#run(this.#trouble(this.#random.fork()))
    await this.cluster.until(() => this.#unfinished === 0, 10 * TROUBLE_MS)
    expect(this.#unfinished).toBe(0)
  }

  #run(work: Promise<void>): void {
    this.#unfinished++
    work.then(() => this.#unfinished--)
  }

  /** Of all machines that may be members. */
  client(): Client {
    const names = this.cluster.members.map(({ name }) => name)
    return this.cluster.client(`client ${++this.#clients}`, names)
  }

  async #write(writer: number): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const key = `writer ${writer} key ${i}`
      const client = this.client()
      try {
        await client.put(key, key, { timeoutMs: 4_000 })
        this.acknowledged.push(key)
      } catch {
        // Whether it was done is unknown: the next one has another key.
      }
      client.close()
      await this.cluster.pause(100)
    }
  }

  /** Keeps three to five members, and changes who they are all the time. */
  async #operate(random: Random): Promise<void> {
    while (this.cluster.now() < TROUBLE_MS * 1000) {
      await this.cluster.pause(500 + random.below(2_000))
      const client = this.client()
      try {
        await this.#change(client, random)
        this.changes++
      } catch {
        // Refused by the strict checks, or its outcome is unknown: the next one looks who the members are.
      }
      client.close()
    }
    this.#isOver = true
  }

  async #change(client: Client, random: Random): Promise<void> {
    const { members } = await client.members({ timeoutMs: 4_000 })
    const learner = members.find(({ isLearner }) => isLearner)
    if (learner !== undefined && random.chance(1, 2)) {
      await client.cluster.promote(learner.id, { timeoutMs: 4_000 })
    } else if (members.length >= MEMBERS_MAX || (members.length > 3 && random.chance(1, 2))) {
      const { id } = members[random.below(members.length)]!
      await client.cluster.remove(id, { timeoutMs: 4_000 })
    } else {
      await this.#add(client, random)
    }
  }

  async #add(client: Client, random: Random): Promise<void> {
    const name = String.fromCharCode('a'.charCodeAt(0) + this.#machines)
    const isLearner = random.chance(1, 2)
    const isToVote = isLearner && random.chance(1, 2)
    this.#machines++
    const machine = this.cluster.addMachine(name, ['a', 'b', 'c', ...this.#later(name)])
    try {
      await client.cluster.add([peerUrlOf(name)], { isLearner, isToVote, timeoutMs: 4_000 })
    } finally {
      // If it was not added, it says so, and stops.
      machine.start()
    }
  }

  #later(name: string): string[] {
    return this.cluster.members.map(member => member.name).filter(each => each > 'c' && each !== name)
  }

  /** At most one machine at a time is down, paused or cut off: a majority is there, but for moments. */
  async #trouble(random: Random): Promise<void> {
    while (this.cluster.now() < TROUBLE_MS * 1000) {
      await this.cluster.pause(500 + random.below(3_000))
      const victim = this.cluster.members[random.below(this.cluster.members.length)]!
      const { links } = this.cluster.world.network
      const kind = random.below(4)
      if (kind === 0) victim.kill()
      else if (kind === 1) victim.losePower()
      else if (kind === 2) victim.pause()
      else links.isolate(victim.name)
      await this.cluster.pause(100 + random.below(4_000))
      links.healAll()
      victim.resume()
      victim.start()
    }
  }

  /** Starts whoever is down, and gives who the members are. */
  async settle(): Promise<readonly string[]> {
    let names: readonly string[] | undefined
    const ask = async (): Promise<void> => {
      const client = this.client()
      const { members } = await client.members({ timeoutMs: 30_000 })
      names = members.map(({ peerUrls }) => new URL(peerUrls[0]!).hostname)
      client.close()
    }
    for (const member of this.cluster.members) if (!member.isUp) member.start()
    ask().catch(error => expect.unreachable(String(error)))
    await this.cluster.until(() => names !== undefined, 60_000)
    return names!
  }

  applied(name: string): number {
    return this.cluster.member(name).node?.status.appliedIndex ?? 0
  }
}

test.each(RUNS)(
  'members come and go under faults, and no acknowledged write is lost ($consensus, seed $seed)',
  async ({ consensus, seed }) => {
    const met = new Set<ProbeName>()
    const close = openSeams({ met: probe => met.add(probe), takes: () => false })
    try {
      const schedule = new Schedule(consensus, seed)
      await schedule.play()
      const { cluster, acknowledged } = schedule
      const members = await schedule.settle()
      const isEven = (): boolean => {
        const indexes = members.map(name => schedule.applied(name))
        return indexes.every(index => index > 0 && index === Math.max(...indexes))
      }
      expect(await cluster.until(isEven, 60_000), cluster.halts.map(String).join('; ')).toBe(true)
      expect(schedule.changes).toBeGreaterThan(2)
      expect(acknowledged.length).toBeGreaterThan(50)
      for (const name of members) {
        const client = cluster.client(`asks ${name}`, [name])
        const lost: string[] = []
        let asked = 0
        for (const key of acknowledged) {
          client.get(key, { serializable: true }).then(pair => {
            if (pair === undefined) lost.push(key)
            asked++
          })
        }
        await cluster.until(() => asked === acknowledged.length, 60_000)
        expect({ asked, lost }).toEqual({ asked: acknowledged.length, lost: [] })
      }
      const codes = cluster.halts.map(halt => (halt as { code?: string }).code ?? String(halt))
      const foreseen = ['QUORATE_MEMBER_REMOVED', 'QUORATE_JOIN_NOT_A_MEMBER', 'QUORATE_JOIN_UNANSWERED']
      expect(codes.filter(code => !foreseen.includes(code))).toEqual([])
      expect(met).toContain('roster: a member began')
    } finally {
      close()
    }
  },
)
