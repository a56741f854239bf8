import { describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { openSeams } from '../../core/seams.ts'
import { decodeLine, encodeLine } from '../checkers/json-codec.ts'
import { StoreRecorder } from '../checkers/recorder.ts'
import { checkStore, type StoreVerdict } from '../checkers/store-model.ts'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { ReplicaRecorder } from '../run/replica-recorder.ts'
import { StoreLog } from '../run/store-log.ts'
import {
  jsonStep,
  LeaseBook,
  type Plan,
  ROOT,
  type RunningWorkload,
  type Stage,
  WatchNotebook,
  WORKLOADS,
  type WorkloadName,
} from './index.ts'

const NAMES = Object.keys(WORKLOADS) as WorkloadName[]
const SIZE = { clients: 3, steps: 60, spanMs: 6_000 }
const LIMIT_MS = 120_000

function planOf(name: WorkloadName, seed = 1): Plan {
  return WORKLOADS[name].plan(randomFromSeed(seed), SIZE)
}

interface Outcome {
  readonly running: RunningWorkload
  readonly recorder: StoreRecorder
  readonly verdict: StoreVerdict
  readonly broken: readonly unknown[]
  /** What was wrong when its clients took their leave. */
  readonly farewell: readonly string[]
  readonly watched: WatchNotebook
}

/** @param meddle a stranger, who writes what no history tells. */
async function perform(
  plan: Plan,
  meddle: (cluster: SimulatedCluster) => Promise<unknown> = () => Promise.resolve(),
  hasLeft: Stage['hasLeft'] = () => false,
): Promise<Outcome> {
  const credentials = plan.workload === 'rights' ? ROOT : undefined
  const cluster = new SimulatedCluster({ seed: 1, credentials })
  let moments = 0
  let clients = 0
  const moment = (): number => ++moments
  const recorder = new StoreRecorder(moment)
  const broken: unknown[] = []
  const watched = new WatchNotebook(moment)
  const leases = new LeaseBook(recorder, () => cluster.now())
  const log = new StoreLog()
  const replicas = new ReplicaRecorder('one', (entry, result) => {
    leases.applied(entry, result)
    log.add(entry, moment())
  })
  const close = openSeams({
    met() {},
    takes: () => false,
    witness: replica => replicas.witness(`${replica}`),
  })
  cluster.start()
  const running = WORKLOADS[plan.workload].start(
    {
      cluster,
      recorder,
      leases,
      committed: () => log.read(),
      notebook: watched,
      moment,
      nextClient: () => ++clients,
      hasLeft,
      isPressed: () => false,
      answered: () => {},
      failed: () => {},
      broken: error => broken.push(error),
    },
    plan,
  )
  await cluster.until(() => running.stepsDone > SIZE.steps / 2, LIMIT_MS)
  void meddle(cluster)
  await cluster.until(() => running.isFinished, LIMIT_MS)
  let farewell: readonly string[] | undefined
  void running.farewell().then(found => {
    farewell = found
  })
  await cluster.until(() => farewell !== undefined, LIMIT_MS)
  close()
  expect(leases.check()).toEqual([])
  return { running, recorder, verdict: checkStore(recorder.operations), broken, farewell: farewell!, watched }
}

describe.each(NAMES)('%s', name => {
  test('a plan survives being saved, and the same draws give the same one', () => {
    const plan = planOf(name)
    const lines = plan.steps.map(step => encodeLine(jsonStep, step))
    expect(lines.map(line => decodeLine(jsonStep, line))).toEqual(plan.steps)
    expect(planOf(name)).toEqual(plan)
    expect(planOf(name, 2)).not.toEqual(plan)
  })

  test('on a cluster that nothing happens to, all is done and nothing is found', async () => {
    const { running, recorder, verdict, broken, farewell } = await perform(planOf(name))
    expect(broken).toEqual([])
    expect(farewell).toEqual([])
    expect(running.isFinished).toBe(true)
    expect(running.stepsDone).toBe(SIZE.steps)
    expect(verdict.kind).toBe('correct')
    expect(running.problems()).toEqual([])
    // A guest that may not do something was answered, too.
    const answered = recorder.operations.filter(
      ({ outcome }) =>
        outcome.kind === 'done' || (outcome.kind === 'refused' && outcome.reason === 'permissionDenied'),
    )
    expect(answered.length).toBeGreaterThan(recorder.operations.length / 2)
  })

  test('what is left of a plan is a plan', async () => {
    const plan = planOf(name)
    const steps = plan.steps.filter((_, i) => i % 7 === 0)
    const { running, verdict } = await perform({ ...plan, steps })
    expect(running.stepsDone).toBe(steps.length)
    expect(verdict.kind).toBe('correct')
    expect(running.problems()).toEqual([])
  })
})

describe('a write that nobody asked for is found by', () => {
  test.each<[WorkloadName, string, string]>([
    ['bank', 'bank/0', '1000000'],
    ['counters', 'counter/0/total', '0'],
    ['listAppend', 'list/0', '1,1,'],
    ['registers', 'register/0', '1000000'],
    ['locks', 'guarded/0', '1 stranger'],
    ['holders', 'guarded by held/0', '1 stranger'],
  ])("the %s's own check", async (name, key, value) => {
    const { running } = await perform(planOf(name), cluster => cluster.client('stranger').put(key, value))
    expect(running.problems()).not.toEqual([])
  })

  test('the model of the whole store', async () => {
    const { verdict } = await perform(planOf('kv'), cluster => cluster.client('stranger').put('k', 'v'))
    expect(verdict.kind).toBe('wrong')
  })
})

test('watches that share a stream are told of everything in the end, on the last stream of each program', async () => {
  const write = (cluster: SimulatedCluster) => cluster.client('stranger').put('k', 'v')
  const { watched } = await perform(planOf('watchStreams'), write)
  const counts = watched.streams.map(({ events }) => events.filter(({ kind }) => kind === 'create').length)
  expect(Math.max(...counts)).toBeGreaterThan(1)
  expect(watched.streams.filter(({ settledAt }) => settledAt !== undefined)).toHaveLength(SIZE.clients)
})

describe('a watch whose member is cut off from the others', () => {
  /** All streams are asked of the last member, which follows, and is heard by nobody but its clients. */
  function cutOff(hasLeft?: Stage['hasLeft']): Promise<Outcome> {
    const plan = planOf('watchStreams')
    const steps = plan.steps.map(step =>
      step.task.kind === 'watchStreams'
        ? { ...step, task: { ...step.task, watchStreams: { ...step.task.watchStreams, member: 2 } } }
        : step,
    )
    return perform(
      { ...plan, steps },
      cluster => {
        for (const other of ['a', 'b']) cluster.world.network.links.cut('c', other)
        return cluster.client('stranger').put('k', 'v')
      },
      hasLeft,
    )
  }

  test('has to be told everything', async () => {
    const { farewell } = await cutOff()
    expect(farewell.join()).toContain('was never told of all')
  })

  test('is owed nothing if that member has left', async () => {
    const { farewell } = await cutOff(name => name === 'c')
    expect(farewell).toEqual([])
  })
})
