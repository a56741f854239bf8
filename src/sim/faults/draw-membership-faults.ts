/** One occurrence of each class of changes of the membership. */
import { drawBetween, drawOne } from './draws.ts'
import { NEWCOMERS, type ScheduledFault } from './fault.ts'
import type { Occurrence } from './occurrence.ts'
import { REPLACED_MS } from './ranges.ts'

/** P8: one comes, one goes, or one takes the place of another. */
export const drawChange: Occurrence = ({ members, spares }, random, atMs) => {
  const add: ScheduledFault = {
    atMs,
    fault: { kind: 'addMember', member: drawOne(random, spares), as: drawOne(random, NEWCOMERS) },
  }
  const isFirst = random.chance(1, 2)
  const remove: ScheduledFault = {
    atMs: isFirst ? atMs : atMs + drawBetween(random, REPLACED_MS),
    fault: { kind: 'removeMember', member: drawOne(random, members) },
  }
  return drawOne(random, [[add], [remove], [add, remove]])
}

/** N12 */
export const drawMove: Occurrence = ({ members }, random, atMs) => [
  { atMs, fault: { kind: 'moveMember', member: drawOne(random, members) } },
]
