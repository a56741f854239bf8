/**
 * How two events, or two versions, stand to each other under Lamport's "happened before": a partial order, so
 * there are four answers and not three. `concurrent` is no error and no tie to be broken: it says that neither
 * side can have known of the other.
 */
export type CausalOrder = 'equal' | 'before' | 'after' | 'concurrent'
