/**
 * Members, and what is claimed about them. Of two claims the one of the higher incarnation is newer, and within one
 * incarnation `left` outranks `dead`, which outranks `suspect`, which outranks `alive`: an order in which everybody
 * who has heard the same claims comes to the same end, in whatever order they came (SWIM §4.2).
 *
 * A member alone raises its incarnation. That is how it takes a suspicion back, and how it comes back from the dead:
 * in the paper's order `dead` was final, and who returned needed another name.
 */
import type { NodeId } from '../../core/ids.ts'

/** From the weakest claim to the strongest; the order is the format: append only. */
export const STATES = ['alive', 'suspect', 'dead', 'left'] as const

export type MemberState = (typeof STATES)[number]

export interface Member {
  readonly id: NodeId
  readonly state: MemberState
  readonly incarnation: number
  /** What it tells about itself. */
  readonly meta: Uint8Array
}

export type Claim =
  | {
      readonly state: 'alive'
      readonly id: NodeId
      readonly incarnation: number
      readonly meta: Uint8Array
    }
  | {
      readonly state: 'suspect'
      readonly id: NodeId
      readonly incarnation: number
      /** Who suspects it; what several have found by themselves weighs more. */
      readonly by: NodeId
    }
  | { readonly state: 'dead' | 'left'; readonly id: NodeId; readonly incarnation: number }

interface Standing {
  readonly state: MemberState
  readonly incarnation: number
}

/** Positive if the first is newer, zero if they say the same. */
export function compareStandings(a: Standing, b: Standing): number {
  return a.incarnation - b.incarnation || STATES.indexOf(a.state) - STATES.indexOf(b.state)
}

/** Whether a member of this state is gone: nobody probes it. */
export function isGone(state: MemberState): boolean {
  return state === 'dead' || state === 'left'
}
