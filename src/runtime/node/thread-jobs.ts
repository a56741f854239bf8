/**
 * Jobs in a thread: however long they work, the node's turns go on. All jobs share one thread, which is started with
 * the first and ends after the last. It holds the process while it has something to do, as the same work would in the
 * node's own turns; a thread whose jobs wait for orders does not.
 */
import { Worker } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import type { Job, Jobs } from '../jobs.ts'
import { buffersOf, type MessageFromThread, type MessageToThread } from './job-messages.ts'
import { THREAD_YOUNG_GENERATION_MIB_MAX } from './limits.ts'
import { threadFailed, toldError } from './thread-errors.ts'

export interface JobsThreadOptions {
  /** The module that the thread runs: it calls `serveJobs`. */
  readonly entry: URL
  /** Options of Node.js for the thread, such as a loader for the entry. Default: those of this thread. */
  readonly execArgv?: readonly string[]
}

export interface ThreadJobsOptions extends JobsThreadOptions {
  /** Called when a job halts or the thread is gone, with what is known about it. */
  halt(reason: Error): never
}

export function threadJobs(options: ThreadJobsOptions): Jobs {
  let thread: JobsThread | undefined
  return {
    start(kind, input, hear) {
      if (!thread?.isOpen) thread = new JobsThread(options)
      return thread.start(kind.name, input, hear)
    },
  }
}

interface OwnedJob {
  readonly hear: (report: never) => void
  /** Once it was asked to stop. */
  stopped?: () => void
}

class JobsThread {
  readonly #worker: Worker
  readonly #halt: (reason: Error) => never
  readonly #jobs = new Map<number, OwnedJob>()
  #jobsStarted = 0
  #messagesTold = 0
  #state: 'open' | 'ending' | 'gone' = 'open'

  constructor(options: ThreadJobsOptions) {
    this.#halt = options.halt
    this.#worker = startWorker(options)
    this.#worker.on('message', (message: MessageFromThread) => this.#hear(message))
    this.#worker.on('messageerror', error => this.#failed(threadFailed(error.message, error)))
    this.#worker.on('error', (error: Error) => this.#failed(threadFailed(error.message, error)))
    this.#worker.on('exit', status => this.#ended(status))
  }

  /** Whether it takes jobs. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  start(name: string, input: unknown, hear: (report: never) => void): Job<unknown> {
    const job = ++this.#jobsStarted
    const owned: OwnedJob = { hear }
    this.#jobs.set(job, owned)
    this.#tell({ kind: 'start', job, name, input })
    return {
      tell: (order, handedOver) => {
        if (owned.stopped === undefined) this.#tell({ kind: 'order', job, order }, handedOver)
      },
      stop: stopped => {
        assert(owned.stopped === undefined, 'a job is stopped once')
        owned.stopped = stopped
        if (this.#state === 'gone') setImmediate(stopped)
        else this.#tell({ kind: 'stop', job })
      },
    }
  }

  #tell(message: MessageToThread, handedOver?: readonly Uint8Array[]): void {
    if (this.#state === 'gone') return
    this.#worker.postMessage(message, buffersOf(handedOver))
    this.#messagesTold++
    this.#worker.ref()
  }

  #hear(message: MessageFromThread): void {
    switch (message.kind) {
      case 'report': {
        const owned = this.#jobs.get(message.job)
        if (owned !== undefined && owned.stopped === undefined) owned.hear(message.report as never)
        break
      }
      case 'stopped':
        this.#stopped(message.job)
        break
      case 'idle':
        // It may have been told more since.
        if (message.heard === this.#messagesTold) this.#worker.unref()
        break
      case 'halt':
        this.#failed(toldError(message.error))
        break
    }
  }

  #stopped(job: number): void {
    const stopped = this.#jobs.get(job)?.stopped
    assert(stopped !== undefined, 'a job stops when it was asked to')
    this.#jobs.delete(job)
    if (this.#jobs.size === 0) {
      this.#tell({ kind: 'end' })
      this.#state = 'ending'
    }
    stopped()
  }

  #ended(status: number): void {
    const isExpected = this.#state === 'ending' && status === 0
    if (isExpected) this.#state = 'gone'
    else this.#failed(threadFailed(`it ended with status ${status}`))
  }

  /** Of all that goes wrong the first tells why; the rest follows from it. */
  #failed(reason: Error): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    void this.#worker.terminate()
    try {
      this.#halt(reason)
    } finally {
      // For an owner that lives on: what stops has let go of everything.
      for (const { stopped } of this.#jobs.values()) if (stopped !== undefined) setImmediate(stopped)
      this.#jobs.clear()
    }
  }
}

function startWorker({ entry, execArgv, halt }: ThreadJobsOptions): Worker {
  try {
    return new Worker(entry, {
      name: 'quorate jobs',
      resourceLimits: { maxYoungGenerationSizeMb: THREAD_YOUNG_GENERATION_MIB_MAX },
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    })
  } catch (error) {
    return halt(threadFailed(error instanceof Error ? error.message : String(error), error))
  }
}
