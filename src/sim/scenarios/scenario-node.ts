/** A node of a scenario, in the words of whoever writes one. Every step that changes nothing ends the scenario. */
import { QuorateError } from '../../core/errors.ts'
import type { Ballot } from '../../core/ids.ts'
import { roundOf } from '../../protocols/paxos/ballot.ts'
import type { DiskPart, DyingOperation, Fault } from '../faults/fault.ts'
import type { DeathCause } from '../sudden-death.ts'
import type { Director } from './director.ts'
import { ScenarioClock } from './scenario-clock.ts'
import { ScenarioDisk } from './scenario-disk.ts'

/** A call of the disk: `{ call: 'writeSynced', of: 'log' }`. */
export interface DiskCall {
  readonly call: DyingOperation
  readonly of: DiskPart
}

export class ScenarioNode {
  readonly name: string
  readonly disk: ScenarioDisk
  readonly clock: ScenarioClock
  readonly #director: Director

  constructor(director: Director, name: string) {
    this.#director = director
    this.name = name
    this.disk = new ScenarioDisk(director, name)
    this.clock = new ScenarioClock(director, name)
  }

  /** As SIGTERM: it ends in order, after a while (`await node.ends()`). */
  stop(): void {
    this.#cause({ kind: 'stop', member: this.name })
  }

  /** As SIGKILL. */
  kill(): void {
    this.#cause({ kind: 'kill', member: this.name })
  }

  /** Its machine stops at once; what was not synced may be gone. */
  losePower(): void {
    this.#cause({ kind: 'losePower', member: this.name })
  }

  /** Starts a process on what its disk holds. */
  start(): void {
    this.#cause({ kind: 'start', member: this.name })
  }

  /** As SIGSTOP. */
  pause(): void {
    this.#cause({ kind: 'pause', member: this.name })
  }

  /** As SIGCONT. */
  resume(): void {
    this.#cause({ kind: 'resume', member: this.name })
  }

  /** It dies in the middle of its next such call, before that has an effect. */
  dieBefore(call: DiskCall, how: DeathCause = 'kill'): void {
    this.#dieAt(call, 'before', how)
  }

  /** It dies right after its next such call, before anything that it asks for then. */
  dieAfter(call: DiskCall, how: DeathCause = 'kill'): void {
    this.#dieAt(call, 'after', how)
  }

  /** The other nodes neither hear it nor are heard by it; clients reach it. */
  isolate(): void {
    this.#allPaths('is cut off', (from, to) => ({ kind: 'cut', from, to }))
  }

  /** Takes the cuts away between it and the other nodes. */
  rejoin(): void {
    this.#allPaths('is no longer cut off', (from, to) => ({ kind: 'heal', from, to }))
  }

  /** Whatever goes between it and the other nodes takes so much longer. */
  clog(ms: number): void {
    this.#allPaths(`is clogged for ${ms} ms`, (from, to) => ({ kind: 'clog', from, to, delayUs: ms * 1000 }))
  }

  /** Its paths are clear again. */
  unclog(): void {
    this.#allPaths('is clear', (from, to) => ({ kind: 'clog', from, to, delayUs: 0 }))
  }

  /**
   * Whoever has dialled it, a client or another node, learns in so many milliseconds that the connection is broken; it
   * does not. What is sent over it until then arrives all the same, so many milliseconds from now.
   */
  strand({ breaksInMs, arrivesInMs }: { readonly breaksInMs: number; readonly arrivesInMs: number }): void {
    const [breaksUs, arrivesUs] = [breaksInMs * 1000, arrivesInMs * 1000]
    this.#cause({ kind: 'strand', to: this.name, breaksUs, arrivesUs })
  }

  /** It has a process, running or paused. */
  get isUp(): boolean {
    return this.#member.isUp
  }

  /** It has a process that does not run. */
  get isPaused(): boolean {
    return this.#member.state === 'paused'
  }

  /** Whether it says that it leads; after a partition there may be two for a while. */
  get leads(): boolean {
    return this.#member.state === 'running' && this.#member.node?.leads === true
  }

  /** The term that it is in, as far as it knows; with Multi-Paxos, the round of its ballot. 0 while it does not run. */
  get term(): number {
    const ballot = this.#member.node?.status.ballot ?? (0 as Ballot)
    return this.#member.config.consensus === 'paxos' ? roundOf(ballot) : ballot
  }

  /** Of its log, as its process knows it, on disk or not; 0 while it does not run. */
  get lastIndex(): number {
    return this.#member.node?.status.lastIndex ?? 0
  }

  /** How much of its log it knows to be decided; 0 while it does not run. */
  get commitIndex(): number {
    return this.#member.node?.status.commitIndex ?? 0
  }

  /** Resolves when its process is gone, however. */
  async ends(): Promise<void> {
    await this.#director.until(`the process of ${this.name} ends`, () => !this.isUp)
    this.#director.step(`the process of ${this.name} has ended`)
  }

  /** Resolves when it has stopped itself, for this reason if one is given. */
  async halts(code?: string): Promise<void> {
    const hasHalted = (): boolean => {
      const { halted } = this.#member
      if (code === undefined) return halted !== undefined
      return halted instanceof QuorateError && halted.code === code
    }
    await this.#director.until(`${this.name} stops itself${code ? ` with ${code}` : ''}`, hasHalted)
  }

  #allPaths(what: string, fault: (from: string, to: string) => Fault): void {
    const others = this.#cluster.names.filter(name => name !== this.name)
    const faults = others.flatMap(other => [fault(this.name, other), fault(other, this.name)])
    this.#director.causeAll(`${this.name} ${what}`, faults)
  }

  get #member() {
    return this.#cluster.member(this.name)
  }

  get #cluster() {
    return this.#director.trial.cluster
  }

  #dieAt({ call, of }: DiskCall, when: 'before' | 'after', how: DeathCause): void {
    this.#cause({ kind: 'dieAt', member: this.name, operation: call, part: of, when, how })
  }

  #cause(fault: Fault): void {
    this.#director.cause(fault)
  }
}
