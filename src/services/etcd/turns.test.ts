import { expect, test } from 'vitest'
import { PROPOSALS_IN_LINE_MAX, PROPOSALS_UNDERWAY_MAX } from './limits.ts'
import { Turns } from './turns.ts'

/** All that may be under way is, of one line, and so much more waits in it; what begins is written down. */
function greedy(more: number): { readonly turns: Turns; readonly begun: string[] } {
  const turns = new Turns()
  const begun: string[] = []
  for (let i = 0; i < PROPOSALS_UNDERWAY_MAX; i++) turns.enter('greedy', 1, () => {})
  for (let i = 0; i < more; i++) turns.enter('greedy', 1, () => begun.push(`greedy ${i}`))
  return { turns, begun }
}

test('what there is room for begins at once', () => {
  const turns = new Turns()
  const begun: number[] = []
  for (let i = 0; i <= PROPOSALS_UNDERWAY_MAX; i++) turns.enter('a', 1, () => begun.push(i))
  expect(begun).toHaveLength(PROPOSALS_UNDERWAY_MAX)
  expect(turns).toMatchObject({ waiting: 1, waitingBytes: 1 })
  turns.leave()
  expect(begun.at(-1)).toBe(PROPOSALS_UNDERWAY_MAX)
  expect(turns).toMatchObject({ waiting: 0, waitingBytes: 0 })
})

test('what has begun is under way until it is over', () => {
  const { turns } = greedy(1)
  expect(turns.underway).toBe(PROPOSALS_UNDERWAY_MAX)
  turns.leave()
  expect(turns.underway).toBe(PROPOSALS_UNDERWAY_MAX)
  for (let i = 0; i < PROPOSALS_UNDERWAY_MAX; i++) turns.leave()
  expect(turns.underway).toBe(0)
})

test('lines take turns, and each keeps its order', () => {
  const { turns, begun } = greedy(3)
  turns.enter('polite', 1, () => begun.push('polite'))
  for (let i = 0; i < 4; i++) turns.leave()
  expect(begun).toEqual(['greedy 0', 'polite', 'greedy 1', 'greedy 2'])
})

test('nobody passes a line, though there be room by now', () => {
  const { turns, begun } = greedy(1)
  turns.enter('greedy', 1, () => {
    // It is over at once, and lets the next begin only when it has returned.
    turns.leave()
    turns.enter('polite', 1, () => begun.push('polite'))
  })
  turns.leave()
  turns.leave()
  expect(begun).toEqual(['greedy 0', 'polite'])
})

test('thousands that are over at once take no stack', () => {
  const { turns } = greedy(0)
  let over = 0
  for (let i = 0; i < PROPOSALS_IN_LINE_MAX; i++) {
    turns.enter('greedy', 0, () => {
      over++
      turns.leave()
    })
  }
  turns.leave()
  expect(over).toBe(PROPOSALS_IN_LINE_MAX)
  expect(turns.waiting).toBe(0)
})

test('a line is there as long as somebody waits in it', () => {
  const { turns } = greedy(1)
  expect([turns.hasLine('greedy'), turns.hasLine('polite')]).toEqual([true, false])
  turns.leave()
  expect(turns.hasLine('greedy')).toBe(false)
})

test('too many in line are refused, and too many bytes', () => {
  const { turns } = greedy(0)
  expect(turns.enter('a', 65 * 1024 * 1024, () => {})).toBe(false)
  for (let i = 0; i < PROPOSALS_IN_LINE_MAX; i++) turns.enter('a', 0, () => {})
  expect(turns.enter('b', 0, () => {})).toBe(false)
})
