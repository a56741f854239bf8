import { describe, expect, test } from 'vitest'
import type { Entry } from '../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId } from '../../core/ids.ts'
import type { Doubt, LogBase, RecoveredLog } from '../../core/log-update.ts'
import type { ClusterTime } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { checkReplicas } from '../checkers/replicas.ts'
import type { DiskCondition } from '../faults/atlas.ts'
import { ENTRIES_PER_STATE_HASH } from './limits.ts'
import { ReplicaRecorder } from './replica-recorder.ts'

function entry(index: number, ballot = 1, text = `command ${index}`): Entry {
  return {
    index: index as Index,
    ballot: ballot as Ballot,
    kind: 'command',
    time: 0 as ClusterTime,
    origin: NOBODY,
    proposal: index as ProposalId,
    data: utf8Bytes(text),
  }
}

function baseAt(index: number): LogBase {
  return {
    index: index as Index,
    ballot: 1 as Ballot,
    time: 0 as ClusterTime,
    configuration: new Uint8Array(),
  }
}

function logOf(entries: readonly Entry[] = [], doubt: Doubt = 'none'): RecoveredLog {
  return { promise: undefined, base: undefined, entries, doubt }
}

const emptyState = (): number => 0

/** A replica that commits and applies these. */
function live(recorder: ReplicaRecorder, replica: string, entries: readonly Entry[], hash = 7): void {
  const witness = recorder.witness(replica)
  witness.started(baseAt(0), logOf(), emptyState)
  witness.persisted({ writes: entries })
  witness.committed(entries)
  for (const each of entries) witness.applied([each], [], () => hash)
}

function found(recorder: ReplicaRecorder): string[] {
  return checkReplicas(recorder.events).map(({ name }) => name)
}

const ENTRIES = Array.from({ length: ENTRIES_PER_STATE_HASH }, (_, i) => entry(i + 1))

describe('what replicas tell', () => {
  test('is in order if all tell the same', () => {
    const recorder = new ReplicaRecorder()
    live(recorder, 'a', ENTRIES)
    live(recorder, 'b', ENTRIES)
    live(recorder, 'a', ENTRIES)
    expect(found(recorder)).toEqual([])
  })

  test('shows another entry at an index, committed and applied', () => {
    const recorder = new ReplicaRecorder()
    live(recorder, 'a', [entry(1)])
    live(recorder, 'b', [entry(1, 1, 'another command')])
    expect(found(recorder)).toEqual(['entriesDiffer', 'entriesDiffer'])
  })

  test('shows bytes that changed between commit and apply', () => {
    const recorder = new ReplicaRecorder()
    const witness = recorder.witness('a')
    const one = entry(1)
    witness.started(baseAt(0), logOf(), emptyState)
    witness.committed([one])
    one.data[0] = 0
    witness.applied([one], [], emptyState)
    expect(found(recorder)).toEqual(['entriesDiffer'])
  })

  test('shows another state behind the same entries', () => {
    const recorder = new ReplicaRecorder()
    live(recorder, 'a', ENTRIES)
    live(recorder, 'b', ENTRIES, 8)
    expect(found(recorder)).toEqual(['statesDiffer'])
  })

  test('shows a snapshot that is not what was sent', () => {
    const recorder = new ReplicaRecorder()
    live(recorder, 'a', ENTRIES)
    recorder.witness('b').started(baseAt(0), logOf(), emptyState)
    const witness = recorder.witness('c')
    witness.started(baseAt(0), logOf(), emptyState)
    witness.snapshotTaken(baseAt(20), () => 1)
    witness.snapshotInstalled(baseAt(20), () => 2)
    expect(found(recorder)).toEqual(['snapshotsDiffer'])
  })
})

describe('what a replica holds', () => {
  test('is what it found and made durable, but for what it cut off and let go', () => {
    const recorder = new ReplicaRecorder()
    const witness = recorder.witness('a')
    witness.started(baseAt(2), logOf([entry(3), entry(4), entry(5)]), emptyState)
    witness.persisted({ truncateFrom: 5 as Index, writes: [entry(5, 2), entry(6, 2)] })
    witness.persisted({ base: baseAt(3) })
    expect(recorder.diskOf('a')).toEqual({
      promises: 'kept',
      state: { index: 3, damaged: [] },
      log: [
        { from: 4, to: 4, ballot: 1, condition: 'good' },
        { from: 5, to: 6, ballot: 2, condition: 'good' },
      ],
    })
  })

  test('is nothing if nobody ever heard of it', () => {
    expect(new ReplicaRecorder().diskOf('z')).toMatchObject({ state: { index: 0 }, log: [] })
  })

  test('is told apart from what was committed, whoever said so', () => {
    const recorder = new ReplicaRecorder()
    live(recorder, 'a', [entry(1), entry(2)])
    live(recorder, 'b', [entry(1), entry(2), entry(3, 4)])
    expect(recorder.committed).toEqual([
      { from: 1, to: 2, ballot: 1 },
      { from: 3, to: 3, ballot: 4 },
    ])
  })
})

describe('what a replica made durable', () => {
  /** What is said of a second process, which finds this. */
  function forgottenBy(
    found: RecoveredLog,
    base = baseAt(0),
    disk: DiskCondition = 'sound',
    doubtBefore: Doubt = 'none',
  ): readonly string[] {
    const recorder = new ReplicaRecorder()
    const before = recorder.witness('a', 'sound')
    before.started(baseAt(0), logOf([], doubtBefore), emptyState)
    before.persisted({ writes: [entry(1), entry(2), entry(3)] })
    recorder.witness('a', disk).started(base, found, emptyState)
    return recorder.forgotten
  }

  const whole = [entry(1), entry(2), entry(3)]

  test('is there when it begins again', () => {
    for (const disk of ['sound', 'telling', 'silent'] as const) {
      expect(forgottenBy(logOf(whole), baseAt(0), disk)).toEqual([])
      expect(forgottenBy(logOf([entry(3)]), baseAt(2), disk)).toEqual([])
    }
  })

  test('was forgotten, if a part of it is not on a sound disk, whoever brings it back', () => {
    const lost = 'a#2 began without entry 3 of ballot 1, which it had made durable on a sound disk'
    expect(forgottenBy(logOf([entry(1), entry(2)]))).toEqual([lost])
    expect(forgottenBy(logOf([], 'tail'), baseAt(2))).toEqual([lost])
    expect(forgottenBy(logOf([], 'lost'))).toEqual([expect.stringContaining('began without entry 1')])
  })

  test('was forgotten, if a part of it is not on a disk that shows it, and nobody has a doubt', () => {
    const cutOff = [entry(1)]
    expect(forgottenBy(logOf(cutOff), baseAt(0), 'telling')).toEqual([
      'a#2 began without entry 2 of ballot 1, and without a doubt, though its disk shows that it is damaged',
    ])
    for (const doubt of ['tail', 'new', 'lost'] as const) {
      expect(forgottenBy(logOf(cutOff, doubt), baseAt(0), 'telling')).toEqual([])
    }
  })

  test('may have been replaced by what nobody heard the end of', () => {
    for (const disk of ['sound', 'telling'] as const) {
      expect(forgottenBy(logOf([entry(1), entry(2, 2)]), baseAt(0), disk)).toEqual([])
    }
  })

  test('is not asked of one whose disk may lose something without a trace', () => {
    expect(forgottenBy(logOf(), baseAt(0), 'silent')).toEqual([])
  })

  test('is not taken for damaged on a sound disk, even if nothing is missing in the end', () => {
    expect(forgottenBy(logOf(whole, 'lost'))).toEqual(['a#2 began its log anew, on a sound disk'])
    // The batch that it was writing when the power failed: nobody was told that it is durable.
    expect(forgottenBy(logOf(whole, 'tail'))).toEqual([])
    // Said again at each start, until there is a promise that remembers it.
    expect(forgottenBy(logOf(whole, 'lost'), baseAt(0), 'sound', 'lost')).toEqual([])
    expect(forgottenBy(logOf(whole, 'lost'), baseAt(0), 'telling')).toEqual([])
  })

  test('is a state, too', () => {
    const recorder = new ReplicaRecorder()
    recorder.witness('a', 'sound').started(baseAt(9), logOf(), emptyState)
    recorder.witness('a', 'sound').started(baseAt(4), logOf(), emptyState)
    expect(recorder.forgotten).toEqual([
      'a#2 began with the state at 4, and had made that at 9 durable on a sound disk',
    ])
  })
})
