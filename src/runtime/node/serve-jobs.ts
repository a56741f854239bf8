/**
 * The thread's side of `threadJobs`: a world of its own, and the jobs that the node starts in it. Whatever goes
 * wrong here is told to the node, which halts; then the thread ends.
 */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename } from 'node:path'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import type { JobKind, JobWorld, RunningJob } from '../jobs.ts'
import { nodeChecksum } from './checksum.ts'
import { onUncaughtError } from './child-process.ts'
import { nodeClock } from './clock.ts'
import { nodeDisk } from './disk.ts'
import { buffersOf, type MessageFromThread, type MessageToThread } from './job-messages.ts'
import { HALT_EXIT_STATUS, THREAD_NICENESS } from './limits.ts'
import { tellError } from './thread-errors.ts'

/** Of any kind: the node sees to it that a job is told what it understands. */
export type AnyJobKind = JobKind<never, never, unknown>

/** What the entry of a jobs' thread calls, once, with all kinds of jobs that its node may start. */
export function serveJobs(kinds: readonly AnyJobKind[]): void {
  assert(parentPort !== null, 'jobs are served in a thread of their own')
  yieldToNode()
  const served = new ServedJobs(parentPort, kinds)
  parentPort.on('message', (message: MessageToThread) => served.hear(message))
}

/**
 * Where processors are short, the node's own turns come first. Linux gives each thread a priority of its own; elsewhere
 * the thread keeps the process's.
 */
function yieldToNode(): void {
  let thread: string
  try {
    thread = readlinkSync('/proc/thread-self')
  } catch {
    return
  }
  setPriority(Number(basename(thread)), THREAD_NICENESS)
}

class ServedJobs {
  readonly #port: MessagePort
  readonly #kinds: ReadonlyMap<string, AnyJobKind>
  readonly #world: JobWorld
  readonly #jobs = new Map<number, RunningJob<never>>()
  #messagesHeard = 0

  constructor(port: MessagePort, kinds: readonly AnyJobKind[]) {
    this.#port = port
    this.#kinds = new Map(kinds.map(kind => [kind.name, kind]))
    assert(this.#kinds.size === kinds.length, 'kinds of jobs have different names')
    this.#world = {
      clock: nodeClock(),
      disk: nodeDisk(),
      checksum: nodeChecksum(),
      halt: reason => this.#halt(reason),
    }
    onUncaughtError(this.#world.halt)
    port.on('messageerror', error => this.#halt(error))
    process.on('beforeExit', this.#rest)
  }

  hear(message: MessageToThread): void {
    this.#messagesHeard++
    // From now on only what the jobs do keeps this thread's loop going: when it stands still, they are idle.
    this.#port.unref()
    switch (message.kind) {
      case 'start':
        this.#start(message.job, message.name, message.input as never)
        break
      case 'order':
        this.#running(message.job).hear(message.order as never)
        break
      case 'stop':
        this.#stop(message.job)
        break
      case 'end':
        // What still runs, such as the removal of a file, runs to its end; then the thread is over.
        process.off('beforeExit', this.#rest)
        break
    }
  }

  #start(job: number, name: string, input: never): void {
    const kind = this.#kinds.get(name)
    assert(kind !== undefined, `the thread serves jobs of the kind "${name}"`)
    const tell = (report: unknown, handedOver?: readonly Uint8Array[]): void =>
      this.#tell({ kind: 'report', job, report }, handedOver)
    this.#jobs.set(job, kind.begin(this.#world, input, tell))
  }

  #stop(job: number): void {
    const running = this.#running(job)
    this.#jobs.delete(job)
    running.stop(() => this.#tell({ kind: 'stopped', job }))
  }

  #running(job: number): RunningJob<never> {
    const running = this.#jobs.get(job)
    assert(running !== undefined, 'a job is told something from its start to its stop')
    return running
  }

  /** The loop has nothing left to do, and would end. */
  readonly #rest = (): void => {
    this.#tell({ kind: 'idle', heard: this.#messagesHeard })
    this.#port.ref()
  }

  #halt(reason: Error): never {
    this.#tell({ kind: 'halt', error: tellError(reason) })
    return process.exit(HALT_EXIT_STATUS)
  }

  #tell(message: MessageFromThread, handedOver?: readonly Uint8Array[]): void {
    this.#port.postMessage(message, buffersOf(handedOver))
  }
}
