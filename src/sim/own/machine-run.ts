/** One run of a user's machine: a cluster that hosts it, clients that ask, faults, and the judging of every answer. */
import { MemberCluster } from '../cluster/member-cluster.ts'
import { Nemesis } from '../faults/nemesis.ts'
import { swarmClusterOptions } from '../faults/swarm.ts'
import { ClusterTrial, type TrialOptions } from '../run/cluster-trial.ts'
import { performPhases } from '../run/phases.ts'
import { describeError } from '../run/problems.ts'
import type { RunResult } from '../run/run-result.ts'
import { Chronicle } from './chronicle.ts'
import { HostedMachine } from './hosted-machine.ts'
import { judgeMachine } from './judge-machine.ts'
import { MachineHistory } from './machine-history.ts'
import { MachineLoad } from './machine-load.ts'
import { type MachineNode, startMachineNode } from './machine-node.ts'
import type { MachinePlan } from './machine-plan.ts'
import type { MachineOperation, MachineSubject } from './machine-subject.ts'
import { isReadOf } from './perform.ts'

/** A subject of whatever commands. */
export type AnySubject = MachineSubject<unknown, unknown, unknown>

/** Never throws what went wrong in the run: that is its result. */
export async function runMachine(
  subject: AnySubject,
  plan: MachinePlan,
  options: TrialOptions = {},
): Promise<RunResult> {
  const { machine: makeMachine, tries = 1, model, check } = subject
  const { swarm, seed, schedule } = plan
  const chronicle = new Chronicle(makeMachine, () => trial.settle())
  const history = new MachineHistory()
  const threw = (error: unknown, doing: string): void =>
    trial.problems.add('crash', `the machine threw while ${doing}: ${describeError(error)}`)
  const trial: ClusterTrial<MemberCluster<MachineNode>> = new ClusterTrial(
    cluster =>
      new MemberCluster((runtime, config, tuning) => {
        const machine = new HostedMachine({ member: config.name, makeMachine, chronicle, threw })
        return startMachineNode(runtime, config, tuning, machine)
      }, cluster),
    { cluster: swarmClusterOptions(swarm, seed), fragile: swarm.fragile },
    options,
  )
  const nemesis = new Nemesis(trial.cluster, schedule, trial.counts, trial.atlas)
  const asked = makeMachine()
  const load = new MachineLoad({
    trial,
    plan,
    history,
    chronicle,
    tries,
    isRead: command => isReadOf(asked, command),
  })
  await performPhases(trial, nemesis, load)
  const { agreed } = load
  try {
    const judged = { chronicle, asked: history.asked, tries, makeMachine }
    const problems = judgeMachine({ ...judged, ...(model && { model }), ...(agreed && { agreed }) })
    problems.push(...(check?.(operationsOf(history)) ?? []))
    for (const problem of problems) trial.problems.add('correctness', problem)
  } catch (error) {
    trial.problems.crashed(error)
  }
  trial.counts.add('U1', history.asked.filter(({ told }) => told.kind === 'unknown').length)
  return trial.conclude(nemesis.halts, history.asked.length, false)
}

function operationsOf(history: MachineHistory): MachineOperation<unknown, unknown>[] {
  return history.asked.map(({ client, command, calledAt, returnedAt, told }) => {
    const operation = { client, command: JSON.parse(command) as unknown, calledAt }
    if (told.kind === 'unknown') return { ...operation, outcome: told }
    const outcome =
      told.kind === 'done' ? { kind: told.kind, result: JSON.parse(told.answer) as unknown } : told
    return { ...operation, outcome, ...(returnedAt !== undefined && { returnedAt }) }
  })
}
