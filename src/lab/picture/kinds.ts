/** The kinds of messages in a picture, each with a look of its own; routine is grey. */
import type { RecordedMessage } from '../recording.ts'
import { KIND_COLOURS } from './colours.ts'

export interface KindLook {
  readonly kind: string
  readonly count: number
  /** The class of its colour, and of its stroke. */
  readonly look: string
  readonly isRoutine: boolean
}

/** In the order in which they first appear; so the colours tell of the course of the algorithm. */
export function kindsOf(messages: readonly RecordedMessage[]): ReadonlyMap<string, KindLook> {
  const kinds = new Map<string, KindLook>()
  let coloured = 0
  for (const { kind, isRoutine } of messages) {
    const known = kinds.get(kind)
    if (known !== undefined) {
      kinds.set(kind, { ...known, count: known.count + 1 })
      continue
    }
    const again = coloured >= KIND_COLOURS ? ' again' : ''
    const look = isRoutine ? 'quiet' : `k${coloured % KIND_COLOURS}${again}`
    if (!isRoutine) coloured++
    kinds.set(kind, { kind, count: 1, look, isRoutine })
  }
  return kinds
}
