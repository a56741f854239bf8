/** A job that does what only a thread of its own survives, or does not. */
import { threadId } from 'node:worker_threads'
import type { JobKind } from '../../jobs.ts'

export type ThreadProbeOrder =
  | { readonly kind: 'threadId' }
  /** Ends the thread as no job should. */
  | { readonly kind: 'exit'; readonly status: number }
  /** Lets the thread end with this status, when it ends. */
  | { readonly kind: 'endBadly'; readonly status: number }
  /** Halts the node, and leaves a note if it lives on all the same. */
  | { readonly kind: 'halt'; readonly directory: string }
  /** A promise that nobody catches. */
  | { readonly kind: 'reject'; readonly message: string }
  /** Works without end. */
  | { readonly kind: 'spin' }

/** The input: whether it cannot even begin. */
export const threadProbeJob: JobKind<'begin' | 'throw', ThreadProbeOrder, number> = {
  name: 'thread probe',
  begin(world, input, tell) {
    if (input === 'throw') throw new Error('cannot begin')
    return {
      hear(order) {
        switch (order.kind) {
          case 'threadId':
            return tell(threadId)
          case 'exit':
            return process.exit(order.status)
          case 'endBadly':
            process.on('exit', () => {
              process.exitCode = order.status
            })
            return
          case 'halt':
            ask(() => world.halt(new Error('halted')))
            return world.disk.makeDirectory(order.directory)
          case 'reject':
            void Promise.reject(new Error(order.message))
            return
          case 'spin':
            tell(threadId)
            for (;;);
        }
      },
      stop: stopped => stopped(),
    }
  },
}

/** So that the compiler does not know what never returns. */
function ask(run: () => void): void {
  run()
}
