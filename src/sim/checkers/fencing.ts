/**
 * Locks and elections, judged by what they are for: that whoever lost one can do no more harm. A holder may be
 * paused for minutes and never know that its lease is gone, so mutual exclusion of *believers* cannot be had;
 * what can be had is that each acquisition carries a token, that tokens ascend, and that no write with an older
 * token takes effect after one with a newer ("How to do distributed locking", Kleppmann 2016; Chubby's sequencers).
 *
 * A lock is a queue of keys, as etcd's clients make it: who creates a key enters with its create revision as token,
 * the lowest token holds, who deletes its key or loses its lease has left. The store's order decides.
 */
import type { Violation } from './violation.ts'

/** What took effect, in the order in which it did. */
export type LockEffect =
  | (OfLock & { readonly kind: 'entered'; readonly key: string; readonly token: number })
  | (OfLock & { readonly kind: 'left'; readonly key: string })
  | (OfLock & {
      readonly kind: 'wrote'
      readonly token: number
      /** Names the write; no other has this name. */
      readonly write: string
      /** In the store: in one transaction with a look at the holder's key. Outside: by comparing tokens alone. */
      readonly guard: 'inStore' | 'outside'
    })

/** What clients were told. What they were never told of, or is unknown to them, is not here. */
export type LockAnswer =
  | (Answer & { readonly kind: 'acquired'; readonly key: string; readonly revision: number })
  | (Answer & { readonly kind: 'written'; readonly write: string })
  | (Answer & { readonly kind: 'refused'; readonly write: string })

interface OfLock {
  readonly lock: string
  /** The store's when it took effect; what happens outside does not raise it. */
  readonly revision: number
}

interface Answer {
  readonly client: number
  readonly calledAt: number
  readonly answeredAt: number
  readonly lock: string
  readonly token: number
}

export interface LockHistory {
  readonly effects: readonly LockEffect[]
  /** In any order. `revision` of an acquisition is the store's when it confirmed that the key holds. */
  readonly answers: readonly LockAnswer[]
}

export type LockViolation = Violation<LockViolationName, LockEffect | LockAnswer>

export type LockViolationName =
  /** A write took effect although one with a newer token had. */
  | 'olderAfterNewer'
  /** A guarded write took effect that no holder may have made. */
  | 'wroteWithoutHolding'
  /** A later acquisition has no greater token. */
  | 'tokenNotNewer'
  /** A client was told that it holds, and the store says that it did not. */
  | 'acquiredWithoutHolding'
  /** Two clients were told so of the same revision. */
  | 'twoHolders'
  /** A client was told so of a key that was never created. */
  | 'acquisitionLost'
  /** A write was confirmed that did not take effect. */
  | 'writeLost'
  /** A write was refused and took effect. */
  | 'refusedWriteLanded'

export function checkFencing({ effects, answers }: LockHistory): LockViolation[] {
  const names = new Set([...effects, ...answers].map(({ lock }) => lock))
  return [...names].flatMap(name =>
    checkLock(
      effects.filter(({ lock }) => lock === name),
      answers.filter(({ lock }) => lock === name),
    ),
  )
}

type Entered = LockEffect & { kind: 'entered' }
type Wrote = LockEffect & { kind: 'wrote' }
type Acquired = LockAnswer & { kind: 'acquired' }

/** From the revision at which it holds to the one at which it does no more. */
interface Tenure {
  readonly entered: Entered
  readonly from: number
  to: number
}

function checkLock(effects: readonly LockEffect[], answers: readonly LockAnswer[]): LockViolation[] {
  const violations: LockViolation[] = []
  const tenures = readEffects(effects, violations)
  const acquired = answers.filter(answer => answer.kind === 'acquired')
  for (const answer of acquired) checkAcquired(answer, acquired, effects, tenures, violations)
  checkOrder(acquired, violations)
  checkWrites(effects, answers, violations)
  return violations
}

/** Walks through the store's order and says who held the lock when. */
function readEffects(effects: readonly LockEffect[], violations: LockViolation[]): Tenure[] {
  const tenures: Tenure[] = []
  const queue: Entered[] = []
  let newest: Entered | undefined
  let lastWrite: Wrote | undefined
  for (const effect of effects) {
    if (effect.kind === 'wrote') {
      if (lastWrite !== undefined && effect.token < lastWrite.token) {
        const sentence = `the token ${effect.token} wrote after ${lastWrite.token} had written`
        violations.push({ name: 'olderAfterNewer', sentence, events: [lastWrite, effect] })
      } else lastWrite = effect
      checkHolding(effect, tenures, violations)
      continue
    }
    if (effect.kind === 'left') {
      const at = queue.findIndex(({ key }) => key === effect.key)
      if (at >= 0) queue.splice(at, 1)
    } else {
      if (newest !== undefined && effect.token <= newest.token) {
        const sentence = `${effect.key} entered after ${newest.token} was given out, with the token ${effect.token}`
        violations.push({ name: 'tokenNotNewer', sentence, events: [newest, effect] })
      }
      newest = effect
      queue.push(effect)
    }
    changeHolder(tenures, lowest(queue), effect.revision)
  }
  return tenures
}

function changeHolder(tenures: Tenure[], holder: Entered | undefined, revision: number): void {
  const last = tenures.at(-1)
  const current = last?.to === Number.POSITIVE_INFINITY ? last : undefined
  if (current?.entered === holder) return
  if (current !== undefined) current.to = revision
  if (holder !== undefined) tenures.push({ entered: holder, from: revision, to: Number.POSITIVE_INFINITY })
}

function lowest(queue: readonly Entered[]): Entered | undefined {
  let first = queue[0]
  for (const entered of queue) if (entered.token < first!.token) first = entered
  return first
}

/** Outside the store, a token is good from when it held on, until a newer one has written. */
function checkHolding(effect: Wrote, tenures: readonly Tenure[], violations: LockViolation[]): void {
  const held = tenures.findLast(({ entered }) => entered.token === effect.token)
  const holds = held !== undefined && (effect.guard === 'outside' || held.to === Number.POSITIVE_INFINITY)
  if (holds) return
  const holder = tenures.at(-1)
  const isFree = holder?.to !== Number.POSITIVE_INFINITY
  const whose = isFree ? 'nobody holds the lock' : `${holder.entered.key} holds with ${holder.entered.token}`
  const sentence = `the token ${effect.token} wrote at revision ${effect.revision}, where ${whose}`
  violations.push({
    name: 'wroteWithoutHolding',
    sentence,
    events: isFree ? [effect] : [holder.entered, effect],
  })
}

function checkAcquired(
  answer: Acquired,
  acquired: readonly Acquired[],
  effects: readonly LockEffect[],
  tenures: readonly Tenure[],
  violations: LockViolation[],
): void {
  const isSame = ({ key, token }: Entered) => key === answer.key && token === answer.token
  const entered = effects.find(effect => effect.kind === 'entered' && isSame(effect))
  if (entered === undefined) {
    const sentence = `client ${answer.client} was told that ${answer.key} holds, which was never created`
    violations.push({ name: 'acquisitionLost', sentence, events: [answer] })
    return
  }
  const holder = tenures.find(({ from, to }) => from <= answer.revision && answer.revision < to)
  if (holder !== undefined && isSame(holder.entered)) return
  const whose = holder === undefined ? 'nobody did' : `${holder.entered.key} did`
  const told = `client ${answer.client} was told that ${answer.key} holds at revision ${answer.revision}`
  violations.push({
    name: 'acquiredWithoutHolding',
    sentence: `${told}, where ${whose}`,
    events: [entered, answer],
  })
  const other = acquired.find(
    ({ key, token }) => holder?.entered.key === key && holder.entered.token === token,
  )
  if (other !== undefined) {
    const sentence = `${told}, and client ${other.client} that ${other.key} does`
    violations.push({ name: 'twoHolders', sentence, events: [other, answer] })
  }
}

/** Who asks after another was told that it holds, comes after it. */
function checkOrder(acquired: readonly Acquired[], violations: LockViolation[]): void {
  const byCall = [...acquired].sort((a, b) => a.calledAt - b.calledAt)
  const byAnswer = [...acquired].sort((a, b) => a.answeredAt - b.answeredAt)
  let newest: Acquired | undefined
  let answered = 0
  for (const later of byCall) {
    for (; byAnswer[answered]!.answeredAt < later.calledAt; answered++) {
      const earlier = byAnswer[answered]!
      if (newest === undefined || earlier.token > newest.token) newest = earlier
    }
    if (newest === undefined || later.token > newest.token) continue
    // The same acquisition may be confirmed again.
    if (later.token === newest.token && later.key === newest.key) continue
    const sentence = `client ${later.client} asked after ${newest.token} was given out, and got ${later.token}`
    violations.push({ name: 'tokenNotNewer', sentence, events: [newest, later] })
  }
}

function checkWrites(
  effects: readonly LockEffect[],
  answers: readonly LockAnswer[],
  violations: LockViolation[],
): void {
  const writes = new Map(effects.flatMap(effect => (effect.kind === 'wrote' ? [[effect.write, effect]] : [])))
  for (const answer of answers) {
    if (answer.kind === 'acquired') continue
    const effect = writes.get(answer.write)
    if (answer.kind === 'written' && effect?.token !== answer.token) {
      const sentence = `client ${answer.client} was told that ${answer.write} took effect, and it did not`
      violations.push({ name: 'writeLost', sentence, events: [answer] })
    } else if (answer.kind === 'refused' && effect !== undefined) {
      const sentence = `client ${answer.client} was told that ${answer.write} is refused, and it took effect`
      violations.push({ name: 'refusedWriteLanded', sentence, events: [effect, answer] })
    }
  }
}
