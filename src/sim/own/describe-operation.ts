/** Commands and what came of them, for people. */
import { DESCRIBED_CHARACTERS_MAX } from './limits.ts'
import type { Write } from './perform.ts'

/** As much of it as a person reads. */
export function shortened(text: string): string {
  return text.length <= DESCRIBED_CHARACTERS_MAX ? text : `${text.slice(0, DESCRIBED_CHARACTERS_MAX)}...`
}

/** `writes "a" = 1, deletes "b"` */
export function describeWrites(writes: readonly Write[]): string {
  if (writes.length === 0) return 'changes nothing'
  const each = writes.map(([key, value]) =>
    value === null ? `deletes ${JSON.stringify(key)}` : `writes ${JSON.stringify(key)} = ${value}`,
  )
  return shortened(each.join(', '))
}
