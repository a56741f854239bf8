/** Clients that do the steps of a plan, each its own, one after the other. */
import { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import {
  CLIENT_TIMEOUT_MS_MAX,
  CLIENT_TIMEOUT_MS_MIN,
  FAREWELL_TRIES_MAX,
  HASTE_MS,
  OPERATIONS_ENOUGH,
  RETRY_PAUSE_MS,
  STEPS_PRESSED,
} from './limits.ts'
import type { Plan, PlannedStep, Task, WorkloadName } from './plan.ts'
import { RecordedClient } from './recorded-client.ts'
import type { RunningWorkload, Stage, WorkloadSize } from './workload.ts'

/** An id that nobody grants. */
const NOBODYS_LEASE = 1n

/** Does one step of one client. */
export type Perform = (client: RecordedClient, task: Task) => Promise<void>

/**
 * @param perform made for each client, which may remember something.
 * @param makeClient default: one that records what it is asked.
 */
export function runProgram(
  stage: Stage,
  plan: Plan,
  perform: () => Perform,
  problems: () => readonly string[],
  makeClient: () => RecordedClient = () => new RecordedClient(stage, plan.timeoutMs),
): RunningWorkload {
  let finished = 0
  let stepsDone = 0
  const byClient = new Map<number, PlannedStep[]>()
  const clients: RecordedClient[] = []
  for (const step of plan.steps) byClient.set(step.client, [...(byClient.get(step.client) ?? []), step])
  const run = async (steps: readonly PlannedStep[]): Promise<void> => {
    const client = makeClient()
    clients.push(client)
    const performStep = perform()
    let stepsPressed = 0
    for (const { afterMs, task } of steps) {
      const isPressed = stage.isPressed()
      if (
        isPressed &&
        ++stepsPressed > STEPS_PRESSED &&
        stage.recorder.operations.length >= OPERATIONS_ENOUGH
      )
        break
      await client.pause(isPressed ? Math.min(afterMs, HASTE_MS) : afterMs)
      await performStep(client, task)
      stepsDone++
    }
    finished++
  }
  for (const steps of byClient.values()) run(steps).catch(stage.broken)
  return {
    get isFinished() {
      return finished === byClient.size
    },
    get stepsDone() {
      return stepsDone
    },
    async farewell() {
      const left = await Promise.all(clients.map(sayFarewell))
      return left.flatMap(found => found ?? [])
    },
    problems,
  }
}

/** What it was never asked for may have broken long ago: it keeps alive a lease, which there is not. */
async function sayFarewell(client: RecordedClient): Promise<string | undefined> {
  let why = ''
  try {
    for (let tried = 0; tried < FAREWELL_TRIES_MAX; tried++) {
      if (tried > 0) await client.pause(RETRY_PAUSE_MS)
      try {
        await client.unrecorded.leases.keepAliveOnce(NOBODYS_LEASE)
        return undefined
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        why = error.message
      }
    }
    return `client ${client.id} can keep alive no lease on a healed cluster: ${why}`
  } finally {
    client.close()
  }
}

/** @param drawTask what a step is to do, drawn behind its place. */
export function drawPlan(
  workload: WorkloadName,
  random: Random,
  size: WorkloadSize,
  drawTask: () => Task,
): Plan {
  return {
    workload,
    timeoutMs: drawTimeoutMs(random),
    steps: Array.from({ length: size.steps }, () => ({ ...drawPlace(random, size), task: drawTask() })),
  }
}

/** The step's client and the pause before it: often hardly any, so that clients meet, sometimes long. */
export function drawPlace(
  random: Random,
  { clients, steps, spanMs }: WorkloadSize,
): Omit<PlannedStep, 'task'> {
  const meanMs = Math.floor((spanMs * clients) / steps)
  const afterMs = random.chance(1, 2) ? random.below(HASTE_MS) : random.below(4 * meanMs + 1)
  return { client: random.below(clients), afterMs }
}

/** Of all clients of one plan. */
export function drawTimeoutMs(random: Random): number {
  return CLIENT_TIMEOUT_MS_MIN + random.below(CLIENT_TIMEOUT_MS_MAX - CLIENT_TIMEOUT_MS_MIN + 1)
}
