/** Bounds of placement: how many members, and how much room a table of them takes. */

/** Points of a member of weight 1 on a ring. Balance improves with the root of it, room grows with it. */
export const VIRTUAL_NODES = 160

/** Weights are whole numbers up to this: of a member twice as large, twice as much. */
export const WEIGHT_MAX = 1000

/** Points on one ring: 800 KB for each hundred thousand. */
export const RING_POINTS_MAX = 4_000_000

/** A prime, some hundred times the number of members (Maglev §5.3: then no member has 1 % more than another). */
export const MAGLEV_SLOTS = 65_537

/** Slots of the largest table: 16 MB. */
export const MAGLEV_SLOTS_MAX = 8_000_009

/** Bytes of one key in a map of ranges, in what others send. */
export const RANGE_KEY_BYTES_MAX = 1_572_864
