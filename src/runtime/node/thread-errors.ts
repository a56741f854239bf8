/** Errors of a jobs' thread, as data on the way to its node, and there as errors again. */
import { type FailedOutcome, QuorateError } from '../../core/errors.ts'

export const ThreadErrors = {
  /** The thread that does a node's work beside its turns is gone: it broke, was ended, or could not be started. */
  failed: 'QUORATE_THREAD_FAILED',
} as const

/** An error as data: the clone of one would keep neither its class nor its code. */
export interface ToldError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Absent: an error without a code. */
  readonly coded?: {
    readonly code: string
    readonly outcome: FailedOutcome
    readonly hint: string | undefined
  }
}

export function tellError(error: Error): ToldError {
  const { name, message, stack } = error
  if (!(error instanceof QuorateError)) return { name, message, stack }
  const { code, outcome, hint } = error
  return { name, message, stack, coded: { code, outcome, hint } }
}

/** What had a code keeps it, with all that belongs to it; the rest was not foreseen. Its stack is the thread's. */
export function toldError({ name, message, stack, coded }: ToldError): QuorateError {
  if (coded === undefined) return withStack(threadFailed(`${name}: ${message}`), stack)
  const { code, outcome, hint } = coded
  return withStack(new QuorateError(code, message, outcome, hint === undefined ? {} : { hint }), stack)
}

export function threadFailed(why: string, cause?: unknown): QuorateError {
  return new QuorateError(ThreadErrors.failed, `a thread of this node failed: ${why}`, 'unknown', {
    hint: 'start the node again: it goes on from what is durable',
    cause,
  })
}

/** Where it was raised tells more than where it was heard of. */
function withStack(error: QuorateError, stack: string | undefined): QuorateError {
  if (stack !== undefined) error.stack = stack
  return error
}
