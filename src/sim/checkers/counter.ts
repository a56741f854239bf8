/**
 * A counter that is only added to. A read finds no less than what was surely added before it was called and no more
 * than what may have been added until it returned; at the end, when nothing is under way, the count is exact but for
 * additions whose outcome nobody knows.
 */
export type CounterOperation =
  | {
      readonly kind: 'add'
      readonly id: number
      /** May be negative. */
      readonly amount: number
      readonly calledAt: number
      /** Absent if it never returned. */
      readonly returnedAt?: number
      readonly outcome: 'done' | 'refused' | 'unknown'
    }
  | {
      readonly kind: 'read'
      readonly id: number
      readonly value: number
      readonly calledAt: number
      readonly returnedAt: number
    }

export interface CounterViolation {
  readonly kind: 'tooLow' | 'tooHigh' | 'notANumber'
  /** The id of the read. */
  readonly read: number
  readonly sentence: string
}

/** All violations. The last read is exact if nothing overlaps it and no outcome is unknown. */
export function checkCounter(operations: readonly CounterOperation[]): CounterViolation[] {
  const additions = boundsOfAdditions(operations)
  return operations.flatMap(operation => {
    if (operation.kind !== 'read') return []
    const { id, value, calledAt, returnedAt } = operation
    // What surely came before, in the worst case; and whatever may have come, in either direction.
    const low = additions.settledBefore(calledAt) + additions.possible(calledAt, returnedAt, -1)
    const high = additions.settledBefore(calledAt) + additions.possible(calledAt, returnedAt, 1)
    if (Number.isNaN(value)) return [violation('notANumber', id, `read ${id} found no number`)]
    if (value < low)
      return [violation('tooLow', id, `read ${id} found ${value}, but at least ${low} was there`)]
    if (value > high)
      return [violation('tooHigh', id, `read ${id} found ${value}, but at most ${high} was there`)]
    return []
  })
}

function violation(kind: CounterViolation['kind'], read: number, sentence: string): CounterViolation {
  return { kind, read, sentence }
}

interface Additions {
  /** The sum of what was done and had returned before. */
  settledBefore(instant: number): number
  /** The sum of what may or may not have been done by `returnedAt`, of one sign. */
  possible(calledAt: number, returnedAt: number, sign: 1 | -1): number
}

/** Sums over sorted instants, so that a history takes n log n. */
function boundsOfAdditions(operations: readonly CounterOperation[]): Additions {
  const done: [number, number][] = []
  const called: Record<'1' | '-1', [number, number][]> = { '1': [], '-1': [] }
  const settled: Record<'1' | '-1', [number, number][]> = { '1': [], '-1': [] }
  for (const operation of operations) {
    if (operation.kind !== 'add' || operation.outcome === 'refused') continue
    const { amount, calledAt, returnedAt, outcome } = operation
    const sign = amount < 0 ? '-1' : '1'
    called[sign].push([calledAt, amount])
    if (outcome !== 'done' || returnedAt === undefined) continue
    done.push([returnedAt, amount])
    settled[sign].push([returnedAt, amount])
  }
  const sumDone = summed(done)
  const sumCalled = { '1': summed(called['1']), '-1': summed(called['-1']) }
  const sumSettled = { '1': summed(settled['1']), '-1': summed(settled['-1']) }
  return {
    settledBefore: instant => sumDone(instant, false),
    possible(calledAt, returnedAt, sign) {
      const name = sign === 1 ? '1' : '-1'
      return sumCalled[name](returnedAt, true) - sumSettled[name](calledAt, false)
    },
  }
}

/** The sum of all amounts whose instant is before another; or at it, if `inclusive`. */
function summed(amounts: [number, number][]): (instant: number, inclusive: boolean) => number {
  amounts.sort(([a], [b]) => a - b)
  const sums: number[] = [0]
  for (const [, amount] of amounts) sums.push(sums.at(-1)! + amount)
  return (instant, inclusive) => {
    let low = 0
    let high = amounts.length
    while (low < high) {
      const middle = (low + high) >> 1
      const at = amounts[middle]![0]
      if (at < instant || (inclusive && at === instant)) low = middle + 1
      else high = middle
    }
    return sums[low]!
  }
}
