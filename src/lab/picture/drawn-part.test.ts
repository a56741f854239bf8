/** What a picture leaves out, and that it says so. */
import { expect, test } from 'vitest'
import { algorithmNamed } from '../algorithms.ts'
import { MESSAGES_DRAWN_MAX, MESSAGES_RECORDED_MAX } from '../limits.ts'
import type { RecordedMessage, Recording } from '../recording.ts'
import { drawnPart } from './drawn-part.ts'
import { spaceTime } from './space-time.ts'

const EMPTY = algorithmNamed('bully')!.run({ nodes: 2, seed: 1 }, 'none')

/** Every tenth is routine and lost, every other one routine. */
function recordingOf(count: number, isRoutine: (i: number) => boolean, notRecorded = 0): Recording {
  const messages = Array.from(
    { length: count },
    (_, i): RecordedMessage => ({
      order: i,
      from: 0,
      to: 1,
      kind: 'ping',
      text: '',
      isRoutine: isRoutine(i),
      sentAtUs: 1000 * i,
      endsAtUs: 1000 * i + 500,
      lost: i % 10 === 0 ? 'chance' : null,
    }),
  )
  const leftOut = { messages: notRecorded, events: 0 }
  return { ...EMPTY, events: [], messages, endsAtUs: 1000 * count, leftOut }
}

test('everything is drawn that there is room for', () => {
  const { messages, missing, untilUs } = drawnPart(
    recordingOf(100, () => true),
    100,
  )
  expect([messages.length, missing, untilUs]).toEqual([100, null, 100_000])
})

test('routine messages that arrived go first, and those that were lost stay', () => {
  const { messages, missing, untilUs } = drawnPart(
    recordingOf(100, i => i % 2 === 0),
    99,
  )
  expect(messages.length).toBe(60)
  expect(messages.filter(({ lost }) => lost !== null).length).toBe(10)
  expect(missing).toBe('40 routine messages that arrived are not drawn')
  expect(untilUs).toBe(100_000)
})

test('then what came last goes, and the picture ends there', () => {
  const { messages, missing, untilUs } = drawnPart(
    recordingOf(100, i => i % 2 === 0, 7),
    20,
  )
  expect([messages.length, untilUs]).toEqual([20, messages[19]!.sentAtUs])
  expect(missing).toBe(
    '40 routine messages that arrived are not drawn; nor is what follows 31.0 ms (40 messages); ' +
      '7 messages are not even recorded',
  )
})

test('no picture has more arrows than a browser can bear', () => {
  const { svg, part } = spaceTime(
    recordingOf(MESSAGES_DRAWN_MAX + 500, () => false),
    { standsAlone: false },
  )
  expect(part.messages.length).toBe(MESSAGES_DRAWN_MAX)
  expect(svg.match(/class="arrow/g)?.length).toBe(MESSAGES_DRAWN_MAX)
})

test('a run records so many messages, and counts the rest', () => {
  const { messages, leftOut } = algorithmNamed('ring-election')!.run({ nodes: 8, seed: 3 }, 'lossy-network')
  expect(messages.length).toBe(MESSAGES_RECORDED_MAX)
  expect(leftOut.messages).toBeGreaterThan(0)
})
