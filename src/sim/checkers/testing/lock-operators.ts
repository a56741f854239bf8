/** What broken lock services and broken resources do. */
import type { Random } from '../../../core/prng.ts'
import type { LockAnswer, LockEffect, LockHistory, LockViolationName } from '../fencing.ts'
import { GUARDS } from './lock-service.ts'
import { insertAt, type Operator, pick, pickIndex, replaceAt } from './mutants.ts'

type Entered = LockEffect & { kind: 'entered' }
type Acquired = LockAnswer & { kind: 'acquired' }

function enteredOf({ effects }: LockHistory, lock?: string): Entered[] {
  return effects.filter(
    (effect): effect is Entered => effect.kind === 'entered' && (lock ?? effect.lock) === effect.lock,
  )
}

/** Who held a lock before each effect, by the store's order. */
function holderBefore({ effects }: LockHistory, place: number, lock: string): Entered | undefined {
  const queue: Entered[] = []
  for (const effect of effects.slice(0, place)) {
    if (effect.lock !== lock) continue
    if (effect.kind === 'entered') queue.push(effect)
    else if (effect.kind === 'left')
      queue.splice(
        queue.findIndex(({ key }) => key === effect.key),
        1,
      )
  }
  return queue[0]
}

/** A write that takes effect with the token of somebody else than the holder. */
function writeBy(
  history: LockHistory,
  random: Random,
  whose: (entered: Entered, place: number) => boolean,
): LockHistory | undefined {
  const all = enteredOf(history, 'inside')
  const choices = history.effects.flatMap((_, at) => {
    const held = holderBefore(history, at + 1, 'inside')
    return all
      .filter(entered => history.effects.indexOf(entered) <= at && entered !== held && whose(entered, at + 1))
      .map(writer => ({ place: at + 1, writer }))
  })
  const choice = pick(random, choices)
  if (choice === undefined) return undefined
  const { place, writer } = choice
  const revision = history.effects[place - 1]!.revision
  const written = { kind: 'wrote', lock: 'inside', revision, token: writer.token, write: 'x' } as const
  return { ...history, effects: insertAt(history.effects, place, { ...written, guard: GUARDS.inside }) }
}

function hasLeft({ effects }: LockHistory, entered: Entered, place: number): boolean {
  return effects.slice(0, place).some(effect => effect.kind === 'left' && effect.key === entered.key)
}

/** An answer that says `entered` holds at the revision at which it entered, behind somebody. */
function answerEarly(history: LockHistory, random: Random, isToldToo: boolean): LockHistory | undefined {
  const { effects, answers } = history
  const waiting = enteredOf(history).filter(entered => {
    const holder = holderBefore(history, effects.indexOf(entered), entered.lock)
    const isTold = answers.some(answer => answer.kind === 'acquired' && answer.key === holder?.key)
    return holder !== undefined && (isTold || !isToldToo)
  })
  const entered = pick(random, waiting)
  if (entered === undefined) return undefined
  const { lock, key, token, revision } = entered
  const answer = {
    kind: 'acquired',
    client: 9,
    calledAt: 0,
    answeredAt: 1e9,
    lock,
    key,
    token,
    revision,
  } as const
  return { effects, answers: [...answers, answer] }
}

function changeAcquired(
  history: LockHistory,
  random: Random,
  change: (answer: Acquired) => LockAnswer | undefined,
): LockHistory | undefined {
  const { effects, answers } = history
  const at = pickIndex(random, answers, answer => answer.kind === 'acquired' && change(answer) !== undefined)
  if (at === undefined) return undefined
  return { effects, answers: replaceAt(answers, at, change(answers[at] as Acquired)!) }
}

export const LOCK_OPERATORS: readonly Operator<LockHistory, LockViolationName>[] = [
  {
    name: 'the late write of a holder that was paused',
    breaks: 'no write with an older token lands after one with a newer',
    violation: 'olderAfterNewer',
    mutate({ effects, answers }, random) {
      const at = pickIndex(
        random,
        effects,
        effect =>
          effect.kind === 'wrote' &&
          enteredOf({ effects, answers }, effect.lock).some(({ token }) => token < effect.token),
      )
      if (at === undefined) return undefined
      const newer = effects[at] as LockEffect & { kind: 'wrote' }
      const older = pick(
        random,
        enteredOf({ effects, answers }, newer.lock).filter(({ token }) => token < newer.token),
      )!
      return { answers, effects: insertAt(effects, at + 1, { ...newer, token: older.token, write: 'x' }) }
    },
  },
  {
    name: 'a write by one that has left',
    breaks: 'a guarded write is the work of the holder',
    violation: 'wroteWithoutHolding',
    mutate: (history, random) =>
      writeBy(history, random, (entered, place) => hasLeft(history, entered, place)),
  },
  {
    name: 'a write by one that still waits',
    breaks: 'a guarded write is the work of the holder',
    violation: 'wroteWithoutHolding',
    mutate: (history, random) =>
      writeBy(history, random, (entered, place) => !hasLeft(history, entered, place)),
  },
  {
    name: 'a token given out twice',
    breaks: 'tokens ascend in the order of acquisition',
    violation: 'tokenNotNewer',
    mutate(history, random) {
      const { effects, answers } = history
      const all = enteredOf(history, 'inside')
      const at = 1 + random.below(Math.max(1, all.length - 1))
      const again = all[at]
      if (again === undefined) return undefined
      const effect = { ...again, token: all[at - 1]!.token }
      return { answers, effects: replaceAt(effects, effects.indexOf(again), effect) }
    },
  },
  {
    name: 'an older token for who asked later',
    breaks: 'tokens ascend in the order of acquisition',
    violation: 'tokenNotNewer',
    mutate: (history, random) =>
      changeAcquired(history, random, older => {
        const newer = history.answers.find(
          answer => answer.kind === 'acquired' && answer.lock === older.lock && answer.token > older.token,
        )
        if (newer === undefined) return undefined
        return { ...older, calledAt: newer.answeredAt + 1, answeredAt: newer.answeredAt + 2 }
      }),
  },
  {
    name: 'an answer while another key is first',
    breaks: 'who is told that it holds, holds',
    violation: 'acquiredWithoutHolding',
    mutate: (history, random) => answerEarly(history, random, false),
  },
  {
    name: 'an answer after the lease was lost',
    breaks: 'who is told that it holds, holds',
    violation: 'acquiredWithoutHolding',
    mutate: (history, random) =>
      changeAcquired(history, random, answer => {
        const left = history.effects.find(effect => effect.kind === 'left' && effect.key === answer.key)
        return left && { ...answer, revision: left.revision + random.below(3) }
      }),
  },
  {
    name: 'an answer to two clients of one revision',
    breaks: 'at most one holds by the order of the store',
    violation: 'twoHolders',
    mutate: (history, random) => answerEarly(history, random, true),
  },
  {
    name: 'an acquisition that the store forgot',
    breaks: 'every acquisition that was answered is in the history',
    violation: 'acquisitionLost',
    mutate(history, random) {
      const acquired = pick(
        random,
        history.answers.filter(answer => answer.kind === 'acquired'),
      )
      if (acquired === undefined) return undefined
      const isOfIt = (effect: LockEffect) => effect.kind !== 'wrote' && effect.key === acquired.key
      return { ...history, effects: history.effects.filter(effect => !isOfIt(effect)) }
    },
  },
  {
    name: 'a confirmed write that vanished',
    breaks: 'what was confirmed took effect',
    violation: 'writeLost',
    mutate({ effects, answers }, random) {
      const written = pick(
        random,
        answers.filter(answer => answer.kind === 'written'),
      )
      if (written === undefined) return undefined
      return {
        answers,
        effects: effects.filter(effect => effect.kind !== 'wrote' || effect.write !== written.write),
      }
    },
  },
  {
    name: 'a refused write that took effect',
    breaks: 'what was refused did not take effect',
    violation: 'refusedWriteLanded',
    mutate({ effects, answers }, random) {
      const refused = pick(
        random,
        answers.filter(answer => answer.kind === 'refused'),
      )
      if (refused === undefined) return undefined
      const { lock, token, write } = refused
      const at = 1 + random.below(effects.length)
      const revision = effects[at - 1]!.revision
      const landed = { kind: 'wrote', lock, revision, token, write, guard: GUARDS[lock as 'inside'] } as const
      return { answers, effects: insertAt(effects, at, landed) }
    },
  },
]
