/**
 * Watches that share a stream, as etcd's own clients make them: they share what it takes, too, and each is owed
 * everything. A stream is asked of one member and read for a while, at times slowly, until its program begins the next.
 * The last one lives on to the end of the run, and then all that it is owed must come.
 */
import type { Channel } from '../../client/channel.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { WATCH_CREATE_DEFAULTS } from '../../wire/etcd/watch-request.ts'
import type { WatchResponse } from '../../wire/etcd/watch-response.ts'
import { MEMBERS_MAX, WATCH_PAUSE_MS_MAX, WATCH_REVISIONS_BACK_MAX } from './limits.ts'
import type { Plan, SharedWatch, WatchStreamTask } from './plan.ts'
import { drawPlan, type Perform, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { ALL_KEYS, readOf } from './requests.ts'
import { SharedStream } from './shared-stream.ts'
import type { Stage, Workload } from './workload.ts'

/** Of the keys that all other programs write. */
const KEYS = ['k', 'k0', 'k1', 'counter/0', 'list/']
const WATCHES_MAX = 4

/** As the server chooses them. */
const FIRST_ID = 0n

const PATH = '/etcdserverpb.Watch/Watch'
const LOOK = readOf(KEYS[0]!)

export const watchStreams: Workload = {
  plan: (random, size) => {
    const plan = drawPlan('watchStreams', random, size, () => ({
      kind: 'watchStreams',
      watchStreams: drawTask(random),
    }))
    return withQuestions(plan, random.fork())
  },
  start(stage, plan) {
    const programs: Program[] = []
    const perform = (): Perform => {
      const program = new Program(stage)
      programs.push(program)
      return async (client, task) => {
        if (task.kind === 'watchStreams') await program.begin(client, task.watchStreams)
      }
    }
    // The oracle of watches judges all of them together.
    const running = runProgram(stage, plan, perform, () => [])
    return {
      get isFinished() {
        return running.isFinished
      },
      get stepsDone() {
        return running.stepsDone
      },
      async farewell() {
        const found = await Promise.all(programs.map(program => program.settle()))
        return [...found.flatMap(problem => problem ?? []), ...(await running.farewell())]
      },
      problems: running.problems,
    }
  },
}

function drawTask(random: Random): WatchStreamTask {
  return {
    member: random.below(MEMBERS_MAX),
    watches: Array.from({ length: 1 + random.below(WATCHES_MAX) }, () => drawWatch(random)),
    cancels: random.chance(1, 4),
    pauseMs: random.chance(1, 2) ? 0 : random.below(WATCH_PAUSE_MS_MAX),
    asksProgress: false,
  }
}

/** Half of them ask for progress, too. */
function withQuestions(plan: Plan, random: Random): Plan {
  const steps = plan.steps.map(step => {
    if (step.task.kind !== 'watchStreams') return step
    const watchStreams = { ...step.task.watchStreams, asksProgress: random.chance(1, 2) }
    return { ...step, task: { ...step.task, watchStreams } }
  })
  return { ...plan, steps }
}

function drawWatch(random: Random): SharedWatch {
  return {
    from: random.chance(1, 2) ? -1 : random.below(KEYS.length),
    isSingle: random.chance(1, 4),
    revisionsBack: random.chance(1, 3) ? 0 : 1 + random.below(WATCH_REVISIONS_BACK_MAX),
    prevKv: random.chance(1, 2),
  }
}

/** Has one stream at a time. */
class Program {
  readonly #stage: Stage
  #channels: ReadonlyMap<string, Channel> | undefined
  #client: RecordedClient | undefined
  #stream: SharedStream | undefined
  /** Of whom it is asked. */
  #member = ''

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async begin(client: RecordedClient, task: WatchStreamTask): Promise<void> {
    const { cluster, notebook, broken, isPressed } = this.#stage
    this.#client = client
    this.#stream?.end()
    this.#stream = undefined
    this.#channels ??= cluster.channels(`watches${client.id}`)
    const looked = await client.ask(LOOK)
    const member = cluster.names[task.member % cluster.names.length]!
    const attempt = await this.#channels.get(member)!.stream(PATH)
    if (attempt.kind !== 'open') return
    const stream = new SharedStream(notebook.stream(), attempt.stream)
    // Who was told nothing begins with what is told first.
    const newest = looked.kind === 'done' ? client.newestRevision : 0
    for (const watch of task.watches) stream.ask({ kind: 'create', create: createOf(watch, newest) })
    if (task.cancels) stream.ask({ kind: 'cancel', watchId: FIRST_ID })
    // They may not be told before what they have to catch up with.
    if (task.asksProgress) stream.ask({ kind: 'progress' })
    const behindEach = ({ events }: WatchResponse): Promise<void> => {
      if (task.asksProgress && events.length > 0) stream.ask({ kind: 'progress' })
      return client.pause(isPressed() ? 0 : task.pauseMs)
    }
    stream.read(behindEach).catch(broken)
    this.#stream = stream
    this.#member = member
  }

  /**
   * On a cluster that is healed: whatever was committed by now is told on its stream, if that is still there. A
   * sentence for people, if it is not.
   */
  async settle(): Promise<string | undefined> {
    const problem = await this.#settled()
    this.#stream?.end()
    for (const channel of this.#channels?.values() ?? []) channel.close()
    return problem
  }

  async #settled(): Promise<string | undefined> {
    const [client, stream] = [this.#client, this.#stream]
    if (client === undefined || stream === undefined || this.#stage.hasLeft(this.#member)) return undefined
    const moment = this.#stage.moment()
    const looked = await client.ask(LOOK)
    if (looked.kind !== 'done') return undefined
    const { revision } = looked.response.range.header
    const isTold = await stream.isToldOf(revision, ms => client.pause(ms))
    if (isTold === 'no')
      return `on a healed cluster a stream of watches was never told of all up to ${revision}`
    if (isTold === 'yes') stream.notes.settled(moment)
    return undefined
  }
}

function createOf({ from, isSingle, revisionsBack, prevKv }: SharedWatch, newest: number) {
  const key = from < 0 ? ALL_KEYS.key : utf8Bytes(KEYS[from]!)
  const isFromNow = newest === 0 || revisionsBack === 0
  return {
    ...WATCH_CREATE_DEFAULTS,
    key,
    rangeEnd: isSingle ? WATCH_CREATE_DEFAULTS.rangeEnd : ALL_KEYS.rangeEnd,
    startRevision: isFromNow ? 0 : Math.max(1, newest + 1 - revisionsBack),
    prevKv,
    fragment: true,
  }
}
