/**
 * A cluster of whole nodes, the production composition, in a simulated world: time, network and disks are the
 * simulator's, everything else is what users run.
 */

import type { Client } from '../../src/client/client.ts'
import { connect } from '../../src/client/index.ts'
import { crc32c } from '../../src/core/crc32c.ts'
import type { Random } from '../../src/core/prng.ts'
import { addMs, type Instant } from '../../src/core/time.ts'
import { inlineJobs, type JobWorld } from '../../src/runtime/jobs.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { parseConfig } from '../../src/server/config.ts'
import { type Node, startNode } from '../../src/server/node.ts'
import { SimulatedDisk } from '../../src/sim/disk.ts'
import { World } from '../../src/sim/world.ts'

const NAMES = ['a', 'b', 'c']
const INITIAL_CLUSTER = NAMES.map(name => `${name}=http://${name}:2380`).join(',')

export class SimulatedCluster {
  readonly world: World
  readonly names = NAMES
  readonly #disks: ReadonlyMap<string, SimulatedDisk>
  readonly #nodes = new Map<string, Node>()
  readonly #random: Random
  /** Errors that stopped a node. */
  readonly halts: Error[] = []

  constructor(seed: number) {
    this.world = new World({ seed })
    this.#random = this.world.random.fork()
    this.#disks = new Map(
      NAMES.map(name => [name, new SimulatedDisk({ clock: this.world.clock, random: this.#random.fork() })]),
    )
  }

  disk(name: string): SimulatedDisk {
    return this.#disks.get(name)!
  }

  isUp(name: string): boolean {
    return this.world.node(name) !== undefined
  }

  start(name: string): void {
    const place = this.world.start(name, { caught: error => this.#died(name, error) })
    const disk = this.disk(name)
    disk.useClock(place.clock)
    const world: JobWorld = {
      clock: place.clock,
      disk,
      checksum: crc32c,
      halt: reason => {
        this.halts.push(reason)
        throw reason
      },
    }
    const runtime: Runtime = {
      ...world,
      random: place.random,
      entropy: count => Uint8Array.from({ length: count }, () => place.random.below(256)),
      network: place.network,
      jobs: inlineJobs(world),
      log: silentLogger,
    }
    const config = parseConfig({
      name,
      dataDir: 'data',
      listenClientUrls: `http://${name}:2379`,
      listenPeerUrls: `http://${name}:2380`,
      initialAdvertisePeerUrls: `http://${name}:2380`,
      initialCluster: INITIAL_CLUSTER,
      snapshotEntries: 20,
      catchUpEntries: 5,
    })
    const logLimits = { segmentBytes: 256 * 1024, firstSegmentBytes: 256 * 1024 }
    startNode(runtime, config, { logLimits }).then(
      node => this.#nodes.set(name, node),
      (error: Error) => this.halts.push(error),
    )
  }

  /** A node that halts, or breaks, is a dead process; its machine lives on. */
  #died(name: string, error: unknown): void {
    if (!(error instanceof Error) || !this.halts.includes(error)) this.halts.push(error as Error)
    this.#nodes.delete(name)
    this.world.crash(name)
    this.disk(name).kill()
  }

  node(name: string): Node | undefined {
    return this.#nodes.get(name)
  }

  /** The power of one machine fails. */
  powerLoss(name: string): void {
    this.#nodes.delete(name)
    this.world.powerOff(name)
    this.disk(name).crash()
  }

  /** A client on a machine of its own. */
  client(name: string, nodes = NAMES): Client {
    const { network, clock, random } = this.world.start(name)
    return connect({ network, clock, random, endpoints: nodes.map(host => ({ host, port: 2379 })) })
  }

  /** Runs until the condition holds; false if `limitMs` of virtual time pass first. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    return this.world.runUntilTrue(condition, addMs(this.world.clock.now(), limitMs), drainMicrotasks)
  }

  async runFor(ms: number): Promise<void> {
    const end = addMs(this.world.clock.now(), ms)
    let over = false
    this.world.clock.at(end, () => {
      over = true
    })
    await this.until(() => over, ms + 1)
  }

  now(): Instant {
    return this.world.clock.now()
  }
}

/** Promises of the client and of start-up live in microtasks; a macrotask comes after all of them. */
function drainMicrotasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
