/** What members say to each other. Every message carries claims about members, as many as there is room for. */
import type { NodeId } from '../../core/ids.ts'
import type { Claim } from './member.ts'

export type SwimMessage =
  /** "Are you there?" */
  | { readonly kind: 'ping'; readonly sequence: number; readonly claims: readonly Claim[] }
  /** "I am", or "it is": the answer to a `ping` and to a `pingRequest`. */
  | { readonly kind: 'ack'; readonly sequence: number; readonly claims: readonly Claim[] }
  /** "I hear nothing of you; others, ask it for me." */
  | {
      readonly kind: 'pingRequest'
      readonly sequence: number
      readonly target: NodeId
      readonly claims: readonly Claim[]
    }
  /** "I asked it, and have no answer yet": whoever hears this knows that its own network is well (Lifeguard). */
  | { readonly kind: 'nack'; readonly sequence: number; readonly claims: readonly Claim[] }
  /** A page of all that is known. The last page of who begins asks for all that the other knows. */
  | { readonly kind: 'sync'; readonly asks: boolean; readonly claims: readonly Claim[] }
