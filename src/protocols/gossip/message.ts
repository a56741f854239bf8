/** What members tell each other. */
import type { Rumour, RumourId, Source } from './rumour.ts'

/** What is known of a source: every rumour up to a number, and some that came ahead of those between. */
export interface SourceDigest extends Source {
  /** Every rumour up to this is known, or given up. */
  readonly through: number
  /** Beyond it, ascending. */
  readonly ahead: readonly number[]
}

export type GossipMessage =
  /** "Have you heard?" */
  | { readonly kind: 'push'; readonly rumours: readonly Rumour[] }
  /** "I knew these": it grows tiresome to tell them. */
  | { readonly kind: 'feedback'; readonly known: readonly RumourId[] }
  /** "This is what I know of all sources behind `after` and up to `upTo`." */
  | {
      readonly kind: 'digest'
      /** The other says in turn what it knows of these. */
      readonly asks: boolean
      /** From the first source if absent. */
      readonly after?: Source
      /** To the last source if absent. */
      readonly upTo?: Source
      readonly sources: readonly SourceDigest[]
    }
