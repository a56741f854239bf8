/** What a decoder of the etcd API accepts at most. */

/**
 * Messages inside messages. A transaction nested in a transaction takes two levels: 64 of them fit, which is
 * what the key-value machine allows. etcd's own grammar sets no limit, and no known client nests twice.
 */
export const NESTING_MAX = 128

/** Objects and arrays inside one another: a transaction in a transaction takes four. */
export const JSON_NESTING_MAX = 512

/**
 * Comparisons and operations in one transaction, nested ones included. Two bytes of a request become an
 * object of a hundred: without a bound, a request of 2 MiB would allocate 100 MiB before the service could
 * refuse it for its 128 operations.
 */
export const TXN_ELEMENTS_MAX = 65_536

/** Filters of one watch; two kinds are known. */
export const WATCH_FILTERS_MAX = 64
