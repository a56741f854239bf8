/** The clients of a user's machine in a run: each does its own steps of the plan, one after the other. */
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { ClusterTrial } from '../run/cluster-trial.ts'
import { LOOK_TIMEOUT_MS, SAFETY_MS_MIN } from '../run/limits.ts'
import type { Agreement, Load } from '../run/phases.ts'
import { HASTE_MS } from '../workloads/limits.ts'
import type { Chronicle } from './chronicle.ts'
import { shortened } from './describe-operation.ts'
import { AFTERMATH_MS, RETRY_PAUSE_MS } from './limits.ts'
import { MachineClient } from './machine-client.ts'
import type { MachineHistory, Told } from './machine-history.ts'
import type { MachineNode } from './machine-node.ts'
import type { MachinePlan, MachineStep } from './machine-plan.ts'
import type { MachineRequest } from './machine-request.ts'
import { type Content, StoredView, stateDifference } from './raw-state.ts'

/** Goes through the log and changes nothing. */
const NOTHING: MachineRequest = { request: 0, command: 'null' }

export interface MachineLoadOptions {
  readonly trial: ClusterTrial<MemberCluster<MachineNode>>
  readonly plan: MachinePlan
  readonly history: MachineHistory
  readonly chronicle: Chronicle
  readonly tries: number
  readonly isRead: (command: string) => boolean
}

export class MachineLoad implements Load {
  readonly #options: MachineLoadOptions
  readonly #cluster: MemberCluster<MachineNode>
  /** By client: ends its last pause. */
  readonly #goOn = new Map<number, () => void>()
  #isPressed = false
  #unfinished = 0
  #clients = 0
  #agreed: { readonly index: number; readonly content: Content } | undefined

  constructor(options: MachineLoadOptions) {
    this.#options = options
    this.#cluster = options.trial.cluster
  }

  /** While faults that were drawn still begin. */
  get safetyMsMin(): number {
    const last = this.#options.plan.schedule.at(-1)?.atMs
    return last === undefined ? 0 : Math.min(SAFETY_MS_MIN, last + AFTERMATH_MS)
  }

  get unfinished(): number {
    return this.#unfinished
  }

  /** What all members held in the end; undefined if they never agreed. */
  get agreed(): { readonly index: number; readonly content: Content } | undefined {
    return this.#agreed
  }

  start(): void {
    const { plan, trial } = this.#options
    const byClient = new Map<number, MachineStep[]>()
    for (const step of plan.steps) byClient.set(step.client, [...(byClient.get(step.client) ?? []), step])
    this.#unfinished = byClient.size
    for (const [client, steps] of byClient) {
      this.#run(client, steps).catch(error => trial.problems.crashed(error))
    }
  }

  lookouts(): (member: string) => Promise<boolean> {
    // Nothing new goes wrong from now on. Were what is left asked at its time, a core that nobody asks would look as if
    // it answered nobody: with few requests, one is drawn for minutes later.
    this.#isPressed = true
    for (const goOn of this.#goOn.values()) goOn()
    const clients = this.#clientPerMember()
    return async member => (await clients.get(member)!.ask(NOTHING, false)).kind === 'done'
  }

  /** Once each has carried something out, all that was answered is in what they then hold. */
  comparers(): (members: readonly string[]) => Promise<Agreement> {
    const serves = this.lookouts()
    const served = new Set<string>()
    return async members => {
      for (const member of members) {
        if (!served.has(member) && !(await serves(member))) {
          return { kind: 'apart', why: `${member} does not answer` }
        }
        served.add(member)
      }
      return this.#compare(members)
    }
  }

  #compare(members: readonly string[]): Agreement {
    const [first, ...others] = members.map(name => ({ name, node: this.#cluster.member(name).node }))
    if (first?.node === undefined) return { kind: 'apart', why: `${first?.name ?? 'nobody'} does not serve` }
    const index = first.node.appliedIndex
    const content = contentOf(first.node)
    for (const { name, node } of others) {
      if (node === undefined) return { kind: 'apart', why: `${name} does not serve` }
      if (node.appliedIndex !== index) {
        const both = `${first.name} has carried out ${index} entries of the log, ${name} ${node.appliedIndex}`
        return { kind: 'apart', why: both }
      }
      const theirs = contentOf(node)
      if (JSON.stringify(theirs) !== JSON.stringify(content)) {
        const what = stateDifference(content, theirs)
        return { kind: 'differ', why: `${first.name} and ${name} do not hold the same: ${what}` }
      }
    }
    this.#agreed = { index, content }
    return { kind: 'agreed' }
  }

  #clientPerMember(): ReadonlyMap<string, MachineClient> {
    return new Map(this.#cluster.names.map(name => [name, this.#makeClient([name], LOOK_TIMEOUT_MS)]))
  }

  #makeClient(members: readonly string[], timeoutMs: number): MachineClient {
    const machine = this.#cluster.clientMachine(`client${++this.#clients}`, members)
    return new MachineClient(machine, members, timeoutMs)
  }

  async #run(client: number, steps: readonly MachineStep[]): Promise<void> {
    const connection = this.#makeClient(this.#cluster.names, this.#options.plan.timeoutMs)
    for (const { atMs, command } of steps) {
      await this.#pauseUntil(client, atMs)
      await this.#do(client, connection, command)
    }
    connection.close()
    this.#unfinished--
  }

  /** Who is pressed hardly pauses, and who is pressed while it pauses goes on. */
  async #pauseUntil(client: number, atMs: number): Promise<void> {
    const leftMs = atMs - this.#cluster.now() / 1000
    if (leftMs <= 0) return
    const pause = this.#cluster.pause(this.#isPressed ? Math.min(leftMs, HASTE_MS) : leftMs)
    await Promise.race([pause, new Promise<void>(goOn => this.#goOn.set(client, goOn))])
  }

  async #do(client: number, connection: MachineClient, command: string): Promise<void> {
    const { history, chronicle, isRead, trial } = this.#options
    const reads = isRead(command)
    const request = history.call(client, command, reads)
    this.#note(`client ${client} asks ${request}: ${shortened(command)}`)
    const told = await this.#ask(connection, { request, command }, reads)
    history.returned(request, told)
    const what = told.kind === 'done' ? `${shortened(told.answer)} at ${told.index}` : told.kind
    this.#note(`client ${client} is told ${request}: ${what}`)
    if (told.kind !== 'done') return
    trial.answered()
    if (!reads) chronicle.answered(client, request, command, told.answer)
  }

  /** Until it is known what became of it, or it was tried often enough. */
  async #ask(connection: MachineClient, request: MachineRequest, isRead: boolean): Promise<Told> {
    let outcome: 'refused' | 'unknown' = 'refused'
    for (let tried = 0; tried < this.#options.tries; tried++) {
      if (tried > 0) await this.#cluster.pause(RETRY_PAUSE_MS)
      const attempt = await connection.ask(request, isRead)
      if (attempt.kind === 'done') return attempt
      if (attempt.kind === 'unknown') outcome = 'unknown'
    }
    return { kind: outcome }
  }

  #note(line: string): void {
    this.#cluster.world.note(line)
  }
}

function contentOf(node: MachineNode): Content {
  return new StoredView(node.view).scan('')
}
