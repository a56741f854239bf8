/**
 * One member of a simulated cluster: a machine with a disk that outlives its processes, and the production composition
 * as its process.
 */
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import type { Gauge } from '../../core/gauge.ts'
import type { Doubt } from '../../core/log-update.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import type { Random } from '../../core/prng.ts'
import type { Instant } from '../../core/time.ts'
import { inlineJobs, type JobWorld } from '../../runtime/jobs.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { NodeConfig } from '../../server/config.ts'
import type { NodeTuning } from '../../server/replica-host.ts'
import { SimulatedDisk } from '../disk.ts'
import { type Drift, NO_DRIFT } from '../drift.ts'
import type { NodeClock } from '../node-clock.ts'
import { simulatedPasswordKey } from '../password-key.ts'
import { ProcessDisk } from '../process-disk.ts'
import { SuddenDeath } from '../sudden-death.ts'
import type { World } from '../world.ts'

/** `stopped`: by crash, by loss of power, or because it was never started. `halted`: it stopped itself. */
export type MemberState = 'running' | 'paused' | 'stopped' | 'halted'

/** What runs on a member's machine, as far as everybody has to know. */
export interface MemberNode {
  /** Whether it leads, as far as it knows. */
  readonly leads: boolean
  /** Hands over, answers everyone, closes its files. */
  stop?(): Promise<void>
  /** What it may have forgotten of what it promised; while that is anything, it takes no part. */
  readonly doubt?: Doubt
  /** It may have held entries up to here that it lacks now; 0: it lacks none. */
  readonly mayHaveHeld?: number
  /** How full everything is that it holds. */
  gauges?(): readonly Gauge[]
}

/** Resolves once it serves; throws why it does not. */
export type StartNode<Node extends MemberNode> = (
  runtime: Runtime,
  config: NodeConfig,
  tuning: NodeTuning,
) => Promise<Node>

/** What a member is made of, the same for all its processes. */
export interface MemberSetting<Node extends MemberNode> {
  readonly startNode: StartNode<Node>
  readonly world: World
  readonly config: NodeConfig
  readonly tuning: NodeTuning
  readonly log: Logger
  /** The machine's own stream: its disk, its entropy, where its clock begins. */
  readonly random: Random
}

/** What a directory says to whom it does not belong. */
const FOREIGN: ReadonlySet<string> = new Set([
  'QUORATE_DATA_DIR_FOREIGN_NODE',
  'QUORATE_DATA_DIR_FOREIGN_CLUSTER',
])

/** Where monotonic clocks begin, at most: a machine that has been up for an hour. */
const UPTIME_US_MAX = 3_600_000_000

export class SimulatedMember<Node extends MemberNode = MemberNode> {
  readonly name: string
  readonly disk: SimulatedDisk
  /** How fast the machine's clock goes, in every process from the next one on and in this one from now on. */
  #drift: Drift = NO_DRIFT
  #state: MemberState = 'stopped'
  #halt: Error | undefined
  /** Was asked to stop. */
  #isStopping = false
  #node: Node | undefined
  /** Of the newest process that served and ended. */
  #doubtAtEnd: Doubt = 'none'
  #mayHaveHeldAtEnd = 0
  readonly #setting: MemberSetting<Node>
  /** What its processes are started with, from the next one on. */
  config: NodeConfig
  /** Of the program that is installed on it: what its processes understand, from the next one on. */
  version = NODE_VERSION

  constructor(setting: MemberSetting<Node>) {
    const { world, config, random } = setting
    this.name = config.name
    this.config = config
    this.#setting = setting
    this.disk = new SimulatedDisk({ clock: world.clock, random: random.fork() })
  }

  get state(): MemberState {
    return this.#state
  }

  /** It has a process, running or paused. */
  get isUp(): boolean {
    return this.#state === 'running' || this.#state === 'paused'
  }

  /** Why it stopped itself, if it did. */
  get halted(): Error | undefined {
    return this.#halt
  }

  /** It stopped itself because its program is older than what the cluster has agreed on. */
  get isTooOld(): boolean {
    const isRefused = this.#halt instanceof QuorateError && this.#halt.code === 'QUORATE_NODE_TOO_OLD'
    return isRefused && this.version < NODE_VERSION
  }

  /** Absent until it serves, and when it does not run. */
  get node(): Node | undefined {
    return this.#node
  }

  /** What its newest process that served has, or had, forgotten. */
  get doubt(): Doubt {
    return this.#node === undefined ? this.#doubtAtEnd : (this.#node.doubt ?? 'none')
  }

  /** It, too, may have held entries up to here that it lacks; 0: none. */
  get mayHaveHeld(): number {
    return this.#node === undefined ? this.#mayHaveHeldAtEnd : (this.#node.mayHaveHeld ?? 0)
  }

  /** Starts a process on what the machine's disk holds. No effect while one runs. */
  start(): void {
    if (this.isUp) return
    const { isThis, starting } = this.#run(this.config)
    starting.then(
      node => {
        if (!isThis()) return
        this.#node = node
        this.#clock!.keepsPromises = false
      },
      (error: Error) => {
        if (isThis()) this.#died(error)
      },
    )
  }

  /** As `start`, with a configuration that is not this machine's: its directory has to refuse that. */
  startWrongly(config: NodeConfig): void {
    if (this.isUp) return
    const { isThis, starting } = this.#run(config)
    starting.then(
      () => {
        if (isThis()) this.#died(new Error('it serves with a configuration that is not its own'))
      },
      (error: Error) => {
        if (!isThis()) return
        const isRefused = error instanceof QuorateError && FOREIGN.has(error.code)
        if (isRefused) this.#exit(`refused: ${error.message}`)
        else this.#died(error)
      },
    )
  }

  /** As SIGTERM: the process ends in order, after a while. */
  stop(): void {
    if (this.#state !== 'running' || this.#node?.stop === undefined || this.#isStopping) return
    const place = this.#setting.world.node(this.name)
    const isThis = (): boolean => this.#setting.world.node(this.name) === place
    this.#isStopping = true
    // Serving takes no promises, but ending does.
    this.#clock!.keepsPromises = true
    this.#node.stop().then(
      () => {
        if (isThis()) this.#exit('stopped in order')
      },
      (error: Error) => {
        if (isThis()) this.#died(error)
      },
    )
  }

  get #clock(): NodeClock | undefined {
    return this.#setting.world.node(this.name)?.clock
  }

  #run(config: NodeConfig): { isThis: () => boolean; starting: Promise<Node> } {
    const { world, startNode, tuning, random } = this.#setting
    this.#state = 'running'
    this.#isStopping = false
    this.#halt = undefined
    const place = world.start(this.name, {
      startsAt: random.below(UPTIME_US_MAX) as Instant,
      drift: this.#drift,
      caught: error => this.#died(error),
    })
    this.disk.useClock(place.clock)
    const outside: JobWorld = {
      clock: place.clock,
      disk: new ProcessDisk(this.disk, place.clock),
      checksum: crc32c,
      halt: reason => {
        throw reason
      },
    }
    const runtime: Runtime = {
      ...outside,
      random: place.random,
      entropy: count => Uint8Array.from({ length: count }, () => place.random.below(256)),
      network: place.network,
      jobs: inlineJobs(outside),
      passwordKey: simulatedPasswordKey,
      log: this.#setting.log,
    }
    const isThis = (): boolean => world.node(this.name) === place
    return { isThis, starting: startNode(runtime, config, { ...tuning, version: this.version }) }
  }

  /** As SIGKILL: the process is gone, and the machine keeps what was written, synced or not. */
  kill(): void {
    if (!this.isUp) return
    this.#end('stopped')
    this.#setting.world.crash(this.name)
    this.disk.kill()
  }

  /** The machine's power fails: what was not synced may be gone. Also of a machine whose process is gone already. */
  losePower(): void {
    this.#end('stopped')
    this.#setting.world.powerOff(this.name)
    this.disk.crash()
  }

  /** As SIGSTOP. */
  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    this.#setting.world.pause(this.name)
  }

  /** As SIGCONT. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#setting.world.resume(this.name)
  }

  /** The machine's clock goes at another pace from now on, also for later processes. */
  setDrift(drift: Drift): void {
    this.#drift = drift
    this.#clock?.setDrift(drift)
  }

  /** Steps the wall clock of the present process, forward or back. */
  stepWall(ms: number): void {
    this.#clock?.stepWall(ms)
  }

  /** A process that halts, or breaks, is dead; its machine lives on. */
  #died(error: unknown): void {
    if (error instanceof SuddenDeath) {
      this[error.how]()
      return
    }
    const reason = error instanceof Error ? error : new Error(String(error))
    this.#setting.world.note(`halt ${this.name} ${reason.message}`)
    this.#end('halted')
    this.#halt = reason
    this.#setting.world.crash(this.name)
    this.disk.kill()
  }

  /** The process ends by itself, and has nothing to complain of. */
  #exit(how: string): void {
    this.#setting.world.note(`exit ${this.name} ${how}`)
    this.kill()
  }

  #end(state: MemberState): void {
    this.#state = state
    this.#doubtAtEnd = this.doubt
    this.#mayHaveHeldAtEnd = this.mayHaveHeld
    this.#node = undefined
  }
}
