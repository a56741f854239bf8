/** What is written down of messages, states and absences. */
import { expect, test } from 'vitest'
import { InvariantError } from '../core/assert.ts'
import type { NodeId } from '../core/ids.ts'
import { algorithmNamed } from './algorithms.ts'
import { OWN_INVARIANTS } from './property.ts'
import { Recorder } from './recorder.ts'
import { hasBrokenPromise } from './recording.ts'

const [ONE, TWO] = [1n as NodeId, 2n as NodeId]

test('a message is sent, and arrives, is lost, or is under way when the run ends', () => {
  const recorder = new Recorder([ONE, TWO])
  let nowUs = 0
  recorder.nowUs = () => nowUs
  const record = recorder.flightsIn((message: string) => ({ kind: message, text: '' }))
  for (const [flight, message] of ['arrives', 'lost', 'late'].entries())
    record({ kind: 'sent', flight, from: ONE, to: TWO, message })
  nowUs = 700
  record({ kind: 'arrived', flight: 0 })
  record({ kind: 'lost', flight: 1, why: 'cut' })
  expect(recorder.messages.map(({ kind, endsAtUs, lost }) => [kind, endsAtUs, lost])).toEqual([
    ['arrives', 700, null],
    ['lost', 700, 'cut'],
    ['late', null, null],
  ])
})

test('what a node says of itself is written down when it is news, and again after it was down', () => {
  const recorder = new Recorder([ONE, TWO])
  for (const state of ['follower 1', 'follower 1', 'leader 2']) recorder.state(ONE, state)
  recorder.gone(ONE, 'down')
  recorder.back(ONE)
  recorder.state(ONE, 'leader 2')
  expect(recorder.events.map(({ text, phase }) => [text, phase])).toEqual([
    ['follower 1', 'follower'],
    ['leader 2', 'leader'],
    ['leader 2', 'leader'],
  ])
})

test('an invariant of the core that breaks is a broken promise, and ends the run', () => {
  const play = {
    name: 'a mistake',
    teaches: 'nothing',
    isLate: true,
    play: () => {
      throw new InvariantError('two and two are four')
    },
  }
  const recording = algorithmNamed('raft')!.runPlay({ nodes: 3, seed: 1 }, play)
  const { broken } = recording.verdicts.find(({ property }) => property === OWN_INVARIANTS)!
  expect(broken!.what).toContain('two and two are four')
  expect(hasBrokenPromise(recording)).toBe(true)
})
