/** Whom to ask next of several who may all know. */
import type { NodeId } from '../../core/ids.ts'

/**
 * One after the other, beginning behind who was asked last: `first`, who surely knows, and then every other member but
 * this node itself. Who has left meanwhile counts as the last.
 */
export function nextInTurn(asked: NodeId, first: NodeId, members: readonly NodeId[], self: NodeId): NodeId {
  const all = [first, ...members.filter(member => member !== self && member !== first)]
  return all[(all.indexOf(asked) + 1) % all.length]!
}
