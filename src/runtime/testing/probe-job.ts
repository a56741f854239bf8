/** A job that does as it is told, for tests of those who carry out jobs. */
import { QuorateError } from '../../core/errors.ts'
import type { JobKind, JobWorld } from '../jobs.ts'

export interface ProbeInput {
  readonly name: string
  /** Where it leaves its notes, as directories. */
  readonly directory: string
  /** How many turns it takes to stop. */
  readonly stopTurns?: number
}

export type ProbeOrder =
  | { readonly kind: 'echo'; readonly value: unknown }
  /** Tells all numbers up to this one, within the call. */
  | { readonly kind: 'count'; readonly to: number }
  /** Hands the array back, and says then what it has left of it. */
  | { readonly kind: 'return'; readonly bytes: Uint8Array }
  /** Leaves a note on the disk. */
  | { readonly kind: 'note'; readonly text: string }
  /** Says so after that many turns. */
  | { readonly kind: 'work'; readonly turns: number }
  | { readonly kind: 'halt'; readonly code: string; readonly message: string; readonly hint: string }
  | { readonly kind: 'throw'; readonly message: string }

export type ProbeReport =
  | { readonly kind: 'echo'; readonly from: string; readonly value: unknown }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'returned'; readonly bytes: Uint8Array }
  | { readonly kind: 'left'; readonly bytes: number }
  | { readonly kind: 'worked' }

export const probeJob: JobKind<ProbeInput, ProbeOrder, ProbeReport> = {
  name: 'probe',
  begin(world, input, tell) {
    let isStopping = false
    const note = (text: string): void => world.disk.makeDirectory(`${input.directory}/${text}`)
    return {
      hear(order) {
        switch (order.kind) {
          case 'echo':
            return tell({ kind: 'echo', from: input.name, value: order.value })
          case 'count':
            for (let number = 1; number <= order.to; number++) tell({ kind: 'number', number })
            return
          case 'return':
            tell({ kind: 'returned', bytes: order.bytes }, [order.bytes])
            return tell({ kind: 'left', bytes: order.bytes.length })
          case 'note':
            return note(isStopping ? `${order.text}, too late` : order.text)
          case 'work':
            return afterTurns(world, order.turns, () => tell({ kind: 'worked' }))
          case 'halt':
            return world.halt(new QuorateError(order.code, order.message, 'unknown', { hint: order.hint }))
          case 'throw':
            throw new Error(order.message)
        }
      },
      stop(stopped) {
        isStopping = true
        afterTurns(world, input.stopTurns ?? 0, () => {
          note(`${input.name} stopped`)
          stopped()
        })
      },
    }
  },
}

function afterTurns(world: JobWorld, turns: number, run: () => void): void {
  if (turns === 0) run()
  else world.clock.nextTurn(() => afterTurns(world, turns - 1, run))
}
