/**
 * Where an instant stands in a picture. Time is not drawn evenly: between two things that happen, as much room is left
 * as their distance needs, but neither so little that they fall together nor so much that the picture is empty.
 */

/** Pixels for a millisecond, as long as neither bound is met. */
const PIXELS_PER_MS = 5
const GAP_PIXELS_MIN = 2.5
const GAP_PIXELS_MAX = 46

export interface TimeScale {
  /** From the left edge of what is drawn. */
  readonly width: number
  /** Every instant at which something happens, in ascending order. */
  readonly instantsUs: readonly number[]
  /** Of any instant between the first and the last. */
  x(us: number): number
  /** Whether so much time passes behind this instant that it is drawn shorter than the rest. */
  isShortened(place: number): boolean
}

/** What it has to fit into; between the two it is as wide as it has to be. */
export interface Room {
  readonly least: number
  readonly most: number
}

export function timeScale(instants: Iterable<number>, room: Room): TimeScale {
  const instantsUs = [...new Set(instants)].sort((a, b) => a - b)
  const positions = [0]
  for (let i = 1; i < instantsUs.length; i++) {
    const gapMs = (instantsUs[i]! - instantsUs[i - 1]!) / 1000
    const pixels = Math.min(Math.max(gapMs * PIXELS_PER_MS, GAP_PIXELS_MIN), GAP_PIXELS_MAX)
    positions.push(positions[i - 1]! + pixels)
  }
  const natural = positions.at(-1)!
  const factor = natural === 0 ? 1 : Math.min(Math.max(natural, room.least), room.most) / natural
  return {
    width: natural * factor,
    instantsUs,
    isShortened: place => {
      const gapUs = (instantsUs[place + 1] ?? 0) - instantsUs[place]!
      return gapUs > (4 * GAP_PIXELS_MAX * 1000) / PIXELS_PER_MS
    },
    x: us => {
      const after = placeAfter(instantsUs, us)
      if (after === 0) return 0
      if (after === instantsUs.length) return natural * factor
      const [from, to] = [instantsUs[after - 1]!, instantsUs[after]!]
      const share = (us - from) / (to - from)
      return (positions[after - 1]! + share * (positions[after]! - positions[after - 1]!)) * factor
    },
  }
}

/** The place of the first instant that is later. */
function placeAfter(instantsUs: readonly number[], us: number): number {
  let low = 0
  let high = instantsUs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (instantsUs[middle]! <= us) low = middle + 1
    else high = middle
  }
  return low
}
