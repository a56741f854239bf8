/**
 * Assertions stay on in production: a node whose invariant is broken stops at once, because a stopped
 * node is a fault that the protocols survive and a wrong one is not. What a peer, a client or a disk
 * hands us is never asserted; it is refused with a coded error (`errors.ts`).
 */

/** A broken invariant: a bug of ours. Whoever catches it at the top must stop the node. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** States, in words a reader learns from, what must hold here. */
export function assert(condition: boolean, mustHold: string): asserts condition {
  if (!condition) throw new InvariantError(mustHold)
}

/** Closes an exhaustive switch: adding a case without handling it no longer compiles. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`)
}
