/**
 * Work beside the node's turns: what keeps a processor busy for long (tables, merges) and needs nothing of the node
 * but its disk. In production a thread does it, in the simulator it takes its turns with everything else.
 *
 * The two sides tell each other plain data, and share nothing: a message arrives once, in order, in a later turn.
 */
import type { Runtime } from './runtime.ts'

/** What a job sees of the outside world. `halt` stops the whole node. */
export type JobWorld = Pick<Runtime, 'clock' | 'disk' | 'checksum' | 'halt'>

/** @param handedOver arrays within the message, each with a buffer of its own: they belong to the other side now */
export type Tell<Message> = (message: Message, handedOver?: readonly Uint8Array[]) => void

/** A job as it is written: the same code, wherever it runs. */
export interface JobKind<Input, Order, Report> {
  /** Unique among all kinds. */
  readonly name: string
  begin(world: JobWorld, input: Input, tell: Tell<Report>): RunningJob<Order>
}

export interface RunningJob<Order> {
  hear(order: Order): void
  /** Tells nothing any more. Calls back when it has let go of everything that it used. */
  stop(stopped: () => void): void
}

/** A job as its owner sees it: it lives until it is stopped. */
export interface Job<Order> {
  readonly tell: Tell<Order>
  /** Nothing is heard of it any more. Calls back, in a later turn, when it has let go of everything that it used. */
  stop(stopped: () => void): void
}

export interface Jobs {
  start<Input, Order, Report>(
    kind: JobKind<Input, Order, Report>,
    input: Input,
    hear: (report: Report) => void,
  ): Job<Order>
}

/** In turns of the caller's own. */
export function inlineJobs(world: JobWorld): Jobs {
  const { clock } = world
  return {
    start(kind, input, hear) {
      let isStopped = false
      const job = kind.begin(world, input, report => {
        clock.soon(() => {
          if (!isStopped) hear(report)
        })
      })
      return {
        tell(order) {
          if (!isStopped) clock.soon(() => job.hear(order))
        },
        stop(stopped) {
          isStopped = true
          // Behind all orders, as through a thread.
          clock.soon(() => job.stop(() => clock.soon(stopped)))
        },
      }
    },
  }
}
