/** A small cluster that serves, a client, and a nemesis that tests hand faults to. */
import type { Client } from '../../../client/client.ts'
import { assert } from '../../../core/assert.ts'
import { msBetween } from '../../../core/time.ts'
import type { SimulatedMember } from '../../cluster/member.ts'
import { SimulatedCluster } from '../../cluster/simulated-cluster.ts'
import { Atlas } from '../atlas.ts'
import type { Fault, ScheduledFault } from '../fault.ts'
import { FaultCounts } from '../fault-counts.ts'
import { Nemesis } from '../nemesis.ts'

const LIMIT_MS = 60_000

export class Stage {
  readonly cluster: SimulatedCluster
  readonly counts = new FaultCounts()
  readonly atlas: Atlas
  readonly client: Client
  /** The trace of the world. */
  readonly lines: string[] = []
  #nemesis: Nemesis | undefined

  /** Use `open`. */
  constructor(members: number, fragile: readonly string[], seed: number) {
    this.cluster = new SimulatedCluster({
      seed,
      members,
      config: { snapshotEntries: 20, catchUpEntries: 5 },
      tuning: {
        logLimits: { segmentBytes: 64 * 1024, firstSegmentBytes: 64 * 1024 },
        storeLimits: { cacheBytes: 8 * 1024 },
      },
      trace: line => this.lines.push(line),
    })
    this.atlas = new Atlas(this.cluster.names, fragile)
    this.client = this.cluster.client('client')
  }

  /** It serves, and has a few checkpoints behind it. */
  static async open({ members = 3, fragile = [] as readonly string[], seed = 1 } = {}): Promise<Stage> {
    const stage = new Stage(members, fragile, seed)
    stage.cluster.start()
    for (let i = 0; i < 60; i++) await stage.answered(stage.client.put(`key ${i}`, 'v'.repeat(100)))
    // What they left to be done is done: nobody writes a next segment or a table any more.
    await stage.cluster.runFor(1_000)
    return stage
  }

  get nemesis(): Nemesis {
    assert(this.#nemesis !== undefined, 'faults were unleashed')
    return this.#nemesis
  }

  get leader(): string {
    const [leader] = this.cluster.leaders
    assert(leader !== undefined, 'somebody leads')
    return leader
  }

  get followers(): readonly string[] {
    return this.cluster.names.filter(name => name !== this.leader)
  }

  member(name: string): SimulatedMember {
    return this.cluster.member(name)
  }

  /** Carries the schedule out from now on. Once for each stage. */
  schedule(schedule: readonly ScheduledFault[]): void {
    assert(this.#nemesis === undefined, 'one nemesis is enough')
    this.#nemesis = new Nemesis(this.cluster, schedule, this.counts, this.atlas)
  }

  /** All of these at once, now. */
  async unleash(...faults: readonly Fault[]): Promise<void> {
    this.schedule(faults.map(fault => ({ atMs: 0, fault, faultClass: 'B1' })))
    await this.cluster.runFor(0)
  }

  /** How many of the faults that were unleashed had an effect at once. */
  get effects(): number {
    return this.counts.of('B1')
  }

  /** Runs until it is answered; gives how long that took. Throws what it is refused with. */
  async answered(request: Promise<unknown>): Promise<number> {
    const begin = this.cluster.now()
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    request.then(over, over)
    assert(await this.cluster.until(() => isOver, LIMIT_MS), 'a request comes to an end')
    await request
    return msBetween(begin, this.cluster.now())
  }

  /** A write that is done, within the limit of its tries. */
  put(value = 'v'): Promise<number> {
    return this.answered(this.client.put('key', value, { idempotent: true, timeoutMs: LIMIT_MS }))
  }

  /** Runs until the condition holds; fails if it never does. */
  async until(condition: () => boolean): Promise<void> {
    assert(await this.cluster.until(condition, LIMIT_MS), 'what is waited for happens')
  }

  /** How many events of this kind the network saw from one to the other since the line with this number. */
  events(kind: string, from: string, to: string, since = 0): number {
    return this.lines.slice(since).filter(line => line.includes(` ${kind} ${from} ${to} `)).length
  }
}
