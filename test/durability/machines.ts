/** Three nodes in this process, each a machine of its own: with its power, its incarnations and its drive. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../../src/core/prng.ts'
import type { Address } from '../../src/runtime/network.ts'
import { type NodeConfig, parseConfig } from '../../src/server/config.ts'
import { startNode } from '../../src/server/node.ts'
import { addressOf } from '../../src/server/node-url.ts'
import { freePorts } from '../harness/ports.ts'
import { EventLog } from './event-log.ts'
import { Power, PowerOff } from './power.ts'
import { type DiskStep, PowerLossDisk } from './power-loss-disk.ts'
import { poweredRuntime } from './powered-runtime.ts'

/** So small that rolls, checkpoints and snapshots come every few writes. */
const LOG_LIMITS = {
  segmentBytes: 96 * 1024,
  firstSegmentBytes: 48 * 1024,
  carriedBytesMax: 16 * 1024,
}
const NODES = 3

export class Machine {
  readonly name: string
  readonly disk: PowerLossDisk
  readonly log = new EventLog()
  readonly #config: NodeConfig
  #power = new Power()

  constructor(config: NodeConfig, random: Random) {
    this.name = config.name
    this.#config = config
    this.disk = new PowerLossDisk(random)
  }

  get address(): Address {
    return addressOf(this.#config.listenClientUrls[0]!)
  }

  /** Why it stopped by itself. */
  get fault(): unknown {
    return this.#power.fault
  }

  boot(): void {
    const power = new Power()
    this.#power = power
    this.log.add('--- boot')
    const runtime = poweredRuntime(power, this.disk.boot(power), this.log.logger)
    startNode(runtime, this.#config, { logLimits: LOG_LIMITS }).catch(error => {
      if (!(error instanceof PowerOff)) power.fail(error)
    })
  }

  cutPower(): void {
    this.#power.cut()
  }
}

export class Machines {
  readonly all: readonly Machine[]
  readonly #directory: string

  constructor(all: readonly Machine[], directory: string) {
    this.all = all
    this.#directory = directory
  }

  static async prepare(random: Random): Promise<Machines> {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-power-loss-'))
    const ports = await freePorts(NODES * 2)
    const name = (node: number): string => `n${node + 1}`
    const peerUrl = (node: number): string => `http://127.0.0.1:${ports[2 * node + 1]}`
    const initialCluster = Array.from({ length: NODES }, (_, node) => `${name(node)}=${peerUrl(node)}`)
    const machines = initialCluster.map((_, node) => {
      const config = parseConfig({
        name: name(node),
        dataDir: join(directory, name(node)),
        listenClientUrls: `http://127.0.0.1:${ports[2 * node]}`,
        listenPeerUrls: peerUrl(node),
        initialAdvertisePeerUrls: peerUrl(node),
        initialCluster: initialCluster.join(','),
        consensus: process.env['ETCD_CONSENSUS'],
        heartbeatIntervalMs: 20,
        electionTimeoutMs: 100,
        snapshotEntries: 20,
        catchUpEntries: 10,
      })
      return new Machine(config, random.fork())
    })
    return new Machines(machines, directory)
  }

  onStep(step: (step: DiskStep) => void): void {
    for (const machine of this.all) machine.disk.onStep = step
  }

  boot(): void {
    for (const machine of this.all) machine.boot()
  }

  /** At one instant. */
  cutPower(): void {
    for (const machine of this.all) machine.cutPower()
  }

  /** What the drives hold when the power is back. */
  async losePower(): Promise<void> {
    this.cutPower()
    await Promise.all(this.all.map(machine => machine.disk.losePower()))
  }

  /** A machine that stopped for a reason other than the power: none may. */
  faults(): string[] {
    return this.all
      .filter(({ fault }) => fault !== undefined)
      .map(({ name, fault }) => `${name} stopped by itself: ${describe(fault)}`)
  }

  async destroy(): Promise<void> {
    await this.losePower()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function describe(fault: unknown): string {
  return fault instanceof Error ? `${fault.message}\n${fault.stack}` : String(fault)
}
