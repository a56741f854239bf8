/** Starts a member as its operator would, who knows what became of its disk. */
import type { SimulatedMember } from '../cluster/member.ts'
import type { Atlas } from './atlas.ts'

/**
 * Starts a process on the machine, if the atlas lets it; no effect while one runs. A disk that lacks something and
 * could not tell is emptied first: an empty one says of itself that everything may be missing.
 */
export function startMember(member: SimulatedMember, atlas: Atlas): void {
  const { name } = member
  if (member.isUp || !atlas.mayStart(name)) return
  if (atlas.mustBeEmptied(name)) {
    member.losePower()
    member.disk.wipe()
    atlas.damaged(name, 'lostDisk', '')
  }
  member.start()
}
