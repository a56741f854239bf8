/** What a checker finds: which promise was broken, in words that a reader learns from, and what proves it. */
export interface Violation<Name extends string, Event> {
  readonly name: Name
  readonly sentence: string
  /** In the order in which they were recorded. */
  readonly events: readonly Event[]
}
