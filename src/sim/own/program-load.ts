/** A user's programs in a run: several at once, and in the end their check. */
import { Client } from '../../client/client.ts'
import { Failover } from '../../client/failover.ts'
import { GrpcChannel } from '../../client/grpc-channel.ts'
import { CLIENT_PORT } from '../cluster/member-cluster.ts'
import { compareReplicas } from '../run/compare-replicas.ts'
import { SAFETY_MS_MIN } from '../run/limits.ts'
import type { Agreement, Load } from '../run/phases.ts'
import { describeError } from '../run/problems.ts'
import type { FaultPlan } from '../run/reduce-faults.ts'
import { isServed, type Trial } from '../run/trial.ts'
import { CountedChannel } from './counted-channel.ts'
import { AFTERMATH_MS, CHECK_MS_MAX, PROGRAMS } from './limits.ts'
import type { ProgramPlace, ProgramSubject } from './program-subject.ts'

export class ProgramLoad implements Load {
  readonly #trial: Trial
  readonly #plan: FaultPlan
  readonly #subject: ProgramSubject
  #unfinished = 0

  constructor(trial: Trial, plan: FaultPlan, subject: ProgramSubject) {
    this.#trial = trial
    this.#plan = plan
    this.#subject = subject
  }

  /** While faults that were drawn still begin. */
  get safetyMsMin(): number {
    const last = this.#plan.schedule.at(-1)?.atMs
    return last === undefined ? 0 : Math.min(SAFETY_MS_MIN, last + AFTERMATH_MS)
  }

  get unfinished(): number {
    return this.#unfinished
  }

  start(): void {
    const { programs = PROGRAMS } = this.#subject
    this.#unfinished = programs
    for (let number = 1; number <= programs; number++) {
      this.#run(number).catch((error: unknown) => {
        this.#trial.problems.add('crash', `program ${number} threw ${describeError(error)}`)
      })
    }
  }

  lookouts(): (member: string) => Promise<boolean> {
    const clients = this.#trial.clientPerMember()
    return member => isServed(clients.get(member)!)
  }

  comparers(): (members: readonly string[]) => Promise<Agreement> {
    const clients = this.#trial.clientPerMember()
    return members => compareReplicas(new Map([...clients].filter(([name]) => members.includes(name))))
  }

  async conclude(): Promise<void> {
    const { problems } = this.#trial
    let isOver = this.#subject.check === undefined
    this.#subject.check?.(this.#place(0)).then(
      () => {
        isOver = true
      },
      (error: unknown) => {
        isOver = true
        problems.add('correctness', `the check threw ${describeError(error)}`)
      },
    )
    if (await this.#trial.until(() => isOver, CHECK_MS_MAX)) return
    problems.add('liveness', `the check did not come to an end in ${CHECK_MS_MAX / 1000} s`)
  }

  async #run(number: number): Promise<void> {
    const place = this.#place(number)
    await this.#subject.run(place)
    place.client.close()
    this.#unfinished--
  }

  #place(number: number): ProgramPlace {
    const { cluster } = this.#trial
    const name = `program${number}`
    const { network, clock, random } = cluster.clientMachine(name)
    const channels = cluster.names.map(host => {
      const channel = new GrpcChannel(network, clock, { host, port: CLIENT_PORT })
      return new CountedChannel(channel, () => this.#trial.answered())
    })
    return {
      number,
      client: new Client(new Failover(clock, random.fork(), channels)),
      random,
      pause: ms => cluster.pause(ms),
      nowMs: () => cluster.now() / 1000,
      note: line => cluster.world.note(`${name} ${line}`),
    }
  }
}
