import { spawnSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId, type Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { describeJobs } from '../jobs.conformance.ts'
import type { JobKind, Jobs } from '../jobs.ts'
import { type Logger, silentLogger } from '../logger.ts'
import { type ProbeReport, probeJob } from '../testing/probe-job.ts'
import { nodeDisk } from './disk.ts'
import { HALT_EXIT_STATUS, THREAD_NICENESS } from './limits.ts'
import { nodeRuntime } from './runtime.ts'
import { compile } from './testing/compiled.ts'
import { type ThreadProbeOrder, threadProbeJob } from './testing/thread-probe-job.ts'
import { threadJobs } from './thread-jobs.ts'

const compiled = compile(new URL('./testing/jobs-thread.ts', import.meta.url))
afterAll(() => compiled.remove())

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

/** Jobs of a node that lives on when it is halted, so that the test can look at it. */
function jobsWith(halts: Error[], entry = compiled.module): Jobs {
  return threadJobs({ entry, execArgv: [], halt: reason => halts.push(reason) as never })
}

describeJobs('a thread', () => {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-jobs-'))
  const halts: Error[] = []
  return {
    jobs: jobsWith(halts),
    disk: nodeDisk(),
    directory,
    halts,
    until,
    close: () => rmSync(directory, { recursive: true }),
  }
})

describe('the thread of jobs', () => {
  let halts: Error[]
  let jobs: Jobs
  let threads: { readonly worker: Worker; isGone: boolean }[]

  const seeThread = (message: unknown): void => {
    const { worker } = message as { worker: Worker }
    const thread = { worker, isGone: false }
    worker.on('exit', () => {
      thread.isGone = true
    })
    threads.push(thread)
  }
  const allGone = (): boolean => threads.every(thread => thread.isGone)

  beforeEach(() => {
    halts = []
    threads = []
    jobs = jobsWith(halts)
    subscribe('worker_threads', seeThread)
  })
  afterEach(async () => {
    unsubscribe('worker_threads', seeThread)
    for (const { worker } of threads) await worker.terminate()
  })

  const begin = (hear: (id: number) => void = () => {}) => jobs.start(threadProbeJob, 'begin', hear)
  const failure = async (): Promise<Error> => {
    await until(() => halts.length > 0)
    await until(allGone)
    expect(halts).toHaveLength(1)
    expect(halts[0]).toBeInstanceOf(QuorateError)
    expect(halts[0]).toMatchObject({ code: 'QUORATE_THREAD_FAILED', outcome: 'unknown' })
    expect((halts[0] as QuorateError).hint).toBeDefined()
    return halts[0]!
  }

  it('is one for all jobs, and is gone after the last of them; the next job has another', async () => {
    const ids: number[] = []
    const [a, b] = [begin(id => ids.push(id)), begin(id => ids.push(id))]
    for (const job of [a, b]) job.tell({ kind: 'threadId' })
    await until(() => ids.length === 2)
    expect(new Set(ids).size).toBe(1)
    let stops = 0
    for (const job of [a, b]) job.stop(() => stops++)
    await until(() => stops === 2 && allGone())
    expect(threads).toHaveLength(1)
    const c = begin(id => ids.push(id))
    c.tell({ kind: 'threadId' })
    await until(() => ids.length === 3)
    expect(ids[2]).not.toBe(ids[0])
    c.stop(() => stops++)
    await until(() => stops === 3 && allGone())
    expect(halts).toEqual([])
  })

  it('leaves the processor to the node where there is not enough of it', async () => {
    const niceness = (): number[] =>
      readdirSync('/proc/self/task').map(task => {
        const fields = readFileSync(`/proc/self/task/${task}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ')
        return Number(fields[16])
      })
    const own = getPriority()
    const countBefore = niceness().filter(nice => nice === THREAD_NICENESS).length
    let isThere = false
    const job = begin(() => {
      isThere = true
    })
    job.tell({ kind: 'threadId' })
    await until(() => isThere)
    expect(niceness().filter(nice => nice === THREAD_NICENESS)).toHaveLength(countBefore + 1)
    expect(getPriority()).toBe(own)
    let isStopped = false
    job.stop(() => {
      isStopped = true
    })
    await until(() => isStopped && allGone())
  })

  it('works while the node has its turns', async () => {
    const ids: number[] = []
    begin(id => ids.push(id)).tell({ kind: 'spin' })
    await until(() => ids.length === 1)
    expect(halts).toEqual([])
  })

  it('moves what is handed over: neither side keeps a copy', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-jobs-'))
    const reports: ProbeReport[] = []
    const job = jobs.start(probeJob, { name: 'a', directory }, report => reports.push(report))
    const bytes = new Uint8Array(1_000)
    job.tell({ kind: 'return', bytes }, [bytes])
    expect(bytes).toHaveLength(0)
    await until(() => reports.length === 2)
    expect(reports).toEqual([
      { kind: 'returned', bytes: new Uint8Array(1_000) },
      { kind: 'left', bytes: 0 },
    ])
    let isStopped = false
    job.stop(() => {
      isStopped = true
    })
    await until(() => isStopped)
    rmSync(directory, { recursive: true })
  })

  it.each([0, 3])('that ends with status %i while it has jobs halts the node', async status => {
    begin().tell({ kind: 'exit', status })
    expect((await failure()).message).toBe(`a thread of this node failed: it ended with status ${status}`)
  })

  it('that ends badly after its last job halts the node', async () => {
    const job = begin()
    job.tell({ kind: 'endBadly', status: 3 })
    job.stop(() => {})
    expect((await failure()).message).toContain('it ended with status 3')
  })

  it('does nothing any more once a job has halted', async () => {
    const directory = join(tmpdir(), `quorate-jobs-halted-${process.pid}`)
    begin().tell({ kind: 'halt', directory })
    expect((await failure()).message).toContain('Error: halted')
    expect(nodeDisk().exists(directory)).toBe(false)
  })

  it('that is killed halts the node', async () => {
    const ids: number[] = []
    begin(id => ids.push(id)).tell({ kind: 'spin' })
    await until(() => ids.length === 1)
    void threads[0]!.worker.terminate()
    expect((await failure()).message).toContain('it ended with status 1')
  })

  it('that breaks halts the node, which learns where', async () => {
    begin().tell({ kind: 'reject', message: 'nobody waits for it' })
    const { message, stack } = await failure()
    expect(message).toBe('a thread of this node failed: Error: nobody waits for it')
    expect(stack).toContain('thread-probe-job')
  })

  it('in which a job cannot begin halts the node', async () => {
    jobs.start(threadProbeJob, 'throw', () => {})
    expect((await failure()).message).toContain('cannot begin')
  })

  it('that does not know a kind of job halts the node', async () => {
    const unknown: JobKind<null, null, null> = {
      ...(threadProbeJob as never as typeof unknown),
      name: 'other',
    }
    jobs.start(unknown, null, () => {})
    expect((await failure()).message).toContain('the thread serves jobs of the kind "other"')
  })

  it('that has nothing to run halts the node', async () => {
    jobs = jobsWith(halts, new URL('./testing/no-such-thread.ts', import.meta.url))
    begin()
    expect((await failure()).message).toContain('no-such-thread.ts')
  })

  it('that cannot be started halts the node', () => {
    const halt = (reason: Error): never => {
      throw reason
    }
    jobs = threadJobs({ entry: compiled.module, execArgv: ['--no-such-option'], halt })
    expect(begin).toThrowError(expect.objectContaining({ code: 'QUORATE_THREAD_FAILED' }))
  })

  it('that is gone lets jobs stop, those that were asked before and after, and a new one has another', async () => {
    const [a, b] = [begin(), begin()]
    const order: ThreadProbeOrder = { kind: 'exit', status: 0 }
    a.tell(order)
    const stopped: string[] = []
    a.stop(() => stopped.push('before'))
    await failure()
    await until(() => stopped.length === 1)
    b.tell({ kind: 'threadId' })
    b.stop(() => stopped.push('after'))
    expect(stopped).toEqual(['before'])
    await until(() => stopped.length === 2)
    const ids: number[] = []
    begin(id => ids.push(id)).tell({ kind: 'threadId' })
    await until(() => ids.length === 1)
    expect(threads).toHaveLength(2)
  })
})

describe('a process with a thread of jobs', () => {
  const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
  /** What a program prints that ends by itself; it has talked with `job` for a while when `body` runs. */
  const run = (body: string): { status: number | null; lines: string[] } => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-jobs-'))
    const script = `
      import { threadJobs } from ${module('./thread-jobs.ts')}
      import { probeJob } from ${module('../testing/probe-job.ts')}
      const entry = new URL(${JSON.stringify(compiled.module.href)})
      const jobs = threadJobs({ entry, execArgv: [], halt() { process.exit(70) } })
      const input = { name: 'a', directory: ${JSON.stringify(directory)}, stopTurns: 5 }
      const job = jobs.start(probeJob, input, report => {
        if (report.kind !== 'echo') console.log(report.kind)
        else if (report.value < 50) job.tell({ kind: 'echo', value: report.value + 1 })
        else body()
      })
      job.tell({ kind: 'echo', value: 1 })
      process.on('exit', () => console.log('end'))
      function body() { ${body} }`
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    rmSync(directory, { recursive: true })
    expect(child.stderr).toBe('')
    return { status: child.status, lines: child.stdout.trim().split('\n') }
  }

  it('ends though a job waits for orders', () => {
    expect(run('')).toEqual({ status: 0, lines: ['end'] })
  })

  it('does not end before a job has done its work', () => {
    expect(run("job.tell({ kind: 'work', turns: 1_000 })")).toEqual({ status: 0, lines: ['worked', 'end'] })
  })

  it('does not end before a job that had nothing to do has done what it is told then', () => {
    const body = "process.once('beforeExit', () => job.tell({ kind: 'work', turns: 1_000 }))"
    expect(run(body)).toEqual({ status: 0, lines: ['worked', 'end'] })
  })

  it('does not end before a job that was stopped has let go', () => {
    expect(run("job.stop(() => console.log('stopped'))")).toEqual({ status: 0, lines: ['stopped', 'end'] })
  })
})

describe('a runtime', () => {
  it('that is given an entry has its jobs done by a thread, and logs why that halts it', async () => {
    const logged: unknown[] = []
    const log: Logger = { ...silentLogger, error: (_message, fields) => logged.push(fields) }
    const statuses: number[] = []
    const exit = (status: number): never => statuses.push(status) as never
    const runtime = nodeRuntime({ log, exit, jobsThread: { entry: compiled.module, execArgv: [] } })
    const ids: number[] = []
    const job = runtime.jobs.start(threadProbeJob, 'begin', id => ids.push(id))
    job.tell({ kind: 'threadId' })
    await until(() => ids.length === 1)
    expect(ids).not.toContain(threadId)
    job.tell({ kind: 'exit', status: 1 })
    await until(() => statuses.length > 0)
    expect(statuses).toEqual([HALT_EXIT_STATUS])
    expect(logged).toMatchObject([{ code: 'QUORATE_THREAD_FAILED' }])
  })
})
