/**
 * Keeps the processes of a local cluster alive: a node that dies is started again, at once the first time
 * and then after a growing pause; a node that refuses to start (it says so with its exit status) is not,
 * because it would only refuse again.
 */
import { addMs, type Instant, msBetween } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { type ChildExit, type ChildProcess, startChild } from '../runtime/node/child-process.ts'
import type { DevNode } from './dev-layout.ts'
import { ExitCode } from './exit-codes.ts'
import { RESTART_PAUSE_MS_MAX, RESTART_PAUSE_MS_MIN, STEADY_MS, STOP_GRACE_MS } from './limits.ts'

export interface SupervisorOptions {
  readonly clock: Clock
  readonly program: string
  readonly nodes: readonly DevNode[]
  argumentsOf(node: DevNode): readonly string[]
  restarted(node: DevNode, pid: number, exit: ChildExit): void
  /** The node will not be started again. */
  gaveUp(node: DevNode, exit: ChildExit): void
}

interface Supervised {
  readonly node: DevNode
  readonly restart: Timer
  child: ChildProcess | null
  lastExit: ChildExit
  startedAt: Instant
  pauseMs: number
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #all: Supervised[]
  readonly #killTimer: Timer
  #stopped: (() => void) | null = null

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#killTimer = options.clock.timer(() => this.#signalAll('SIGKILL'))
    this.#all = options.nodes.map(node => {
      const supervised: Supervised = {
        node,
        restart: options.clock.timer(() => this.#restart(supervised)),
        child: null,
        lastExit: { status: null, signal: null },
        startedAt: options.clock.now(),
        pauseMs: 0,
      }
      return supervised
    })
    for (const supervised of this.#all) this.#start(supervised)
  }

  pidOf(node: DevNode): number {
    return this.#all.find(each => each.node === node)?.child?.pid ?? 0
  }

  /** Asks all to stop, kills those that do not within ten seconds, and calls back when none is left. */
  stop(done: () => void): void {
    this.#stopped = done
    for (const { restart } of this.#all) restart.clear()
    this.#killTimer.set(addMs(this.#options.clock.now(), STOP_GRACE_MS))
    this.#signalAll('SIGTERM')
    this.#finishStop()
  }

  #start(supervised: Supervised): void {
    const { node } = supervised
    supervised.startedAt = this.#options.clock.now()
    supervised.child = startChild(
      {
        program: this.#options.program,
        args: this.#options.argumentsOf(node),
        environment: { QUORATE_SUPERVISED: '1' },
        logFile: node.logFile,
      },
      exit => this.#exited(supervised, exit),
    )
  }

  #exited(supervised: Supervised, exit: ChildExit): void {
    supervised.child = null
    if (this.#stopped !== null) return this.#finishStop()
    if (exit.status === ExitCode.usage || exit.status === ExitCode.refused) {
      return this.#options.gaveUp(supervised.node, exit)
    }
    const { clock } = this.#options
    if (msBetween(supervised.startedAt, clock.now()) > STEADY_MS) supervised.pauseMs = 0
    supervised.lastExit = exit
    supervised.restart.set(addMs(clock.now(), supervised.pauseMs))
    supervised.pauseMs = Math.min(
      RESTART_PAUSE_MS_MAX,
      Math.max(RESTART_PAUSE_MS_MIN, supervised.pauseMs * 2),
    )
  }

  #restart(supervised: Supervised): void {
    this.#start(supervised)
    this.#options.restarted(supervised.node, supervised.child?.pid ?? 0, supervised.lastExit)
  }

  #signalAll(name: 'SIGTERM' | 'SIGKILL'): void {
    for (const { child } of this.#all) child?.signal(name)
  }

  #finishStop(): void {
    if (this.#all.some(each => each.child !== null)) return
    this.#killTimer.clear()
    const stopped = this.#stopped
    this.#stopped = () => {}
    stopped?.()
  }
}
