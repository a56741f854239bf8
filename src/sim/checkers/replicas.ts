/**
 * Replicas of one log are copies of one machine: one chain of committed entries, one state per index, one image
 * per snapshot. What each incarnation of a node reported is read in the order in which it was recorded.
 *
 * Hashes are taken by the recorder: of an entry, over its position, its ballot and its bytes, for every index that a
 * replica commits or applies; of a state, where it has been looked at. To look at all of it for every entry would cost
 * more than all the rest of a run.
 */
import type { Violation } from './violation.ts'

export type ReplicaEvent =
  /** An incarnation begins, from what its disk held. */
  | (Reported & { readonly kind: 'started'; readonly stateHash: string })
  /** The core said that this entry will never be another. */
  | (Reported & { readonly kind: 'committed'; readonly entryHash: string })
  | (Reported & { readonly kind: 'applied'; readonly entryHash: string; readonly stateHash?: string })
  /** A snapshot of the state at `index` was written. */
  | (Reported & { readonly kind: 'snapshotTaken'; readonly imageHash: string })
  /** The state was replaced by that of a snapshot. */
  | (Reported & {
      readonly kind: 'snapshotInstalled'
      readonly imageHash: string
      readonly stateHash: string
    })

interface Reported {
  readonly at: number
  readonly replica: string
  /** Grows with each start of the replica. */
  readonly incarnation: number
  /** A position in the log; of `started`, the last that is applied. */
  readonly index: number
}

export type ReplicaViolation = Violation<ReplicaViolationName, ReplicaEvent>

export type ReplicaViolationName =
  /** Two entries were committed at one position, or one was committed and another applied. */
  | 'entriesDiffer'
  /** Two replicas applied the same entries and are not the same. */
  | 'statesDiffer'
  /** Two snapshots of one index are not the same bytes. */
  | 'snapshotsDiffer'
  /** An incarnation applied what it had applied before, or installed a snapshot of the past. */
  | 'wentBack'
  /** An entry was left out. */
  | 'skipped'
  /** An entry was applied that the core had not yet said to be committed. */
  | 'appliedUncommitted'
  /** Something was reported by an incarnation that had not begun, or had been followed by another. */
  | 'ghost'

interface Incarnation {
  readonly started: ReplicaEvent
  committed: ReplicaEvent
  applied: ReplicaEvent
}

/** What the first replica to get there reported of an index: all others must say the same. */
interface Canon {
  readonly hash: string
  readonly event: ReplicaEvent
}

/** @param events of all replicas, in the order in which they happened. */
export function checkReplicas(events: readonly ReplicaEvent[]): ReplicaViolation[] {
  const checker = new ReplicaChecker()
  for (const event of events) checker.on(event)
  return checker.violations
}

class ReplicaChecker {
  readonly violations: ReplicaViolation[] = []
  readonly #living = new Map<string, Incarnation>()
  readonly #entries = new Map<number, Canon>()
  readonly #states = new Map<number, Canon>()
  readonly #images = new Map<number, Canon>()

  on(event: ReplicaEvent): void {
    if (event.kind === 'started') return this.#onStarted(event)
    const living = this.#living.get(event.replica)
    if (living?.started.incarnation !== event.incarnation) {
      const sentence = `${nameOf(event)} reports, but that incarnation is not the one that runs`
      this.#accuse('ghost', sentence, living === undefined ? [event] : [living.started, event])
      return
    }
    switch (event.kind) {
      case 'committed':
        return this.#onCommitted(living, event)
      case 'applied':
        return this.#onApplied(living, event)
      case 'snapshotTaken':
        return this.#compare(
          this.#images,
          'snapshotsDiffer',
          'the image of a snapshot',
          event.imageHash,
          event,
        )
      case 'snapshotInstalled':
        return this.#onInstalled(living, event)
    }
  }

  /** A restart may go back: what was applied and not yet durable is applied again. */
  #onStarted(event: ReplicaEvent & { kind: 'started' }): void {
    const before = this.#living.get(event.replica)
    if (before !== undefined && event.incarnation <= before.started.incarnation) {
      const sentence = `${nameOf(event)} starts although a later incarnation has started`
      this.#accuse('ghost', sentence, [before.started, event])
      return
    }
    this.#living.set(event.replica, { started: event, committed: event, applied: event })
    this.#compare(this.#states, 'statesDiffer', 'the state', event.stateHash, event)
  }

  #onCommitted(living: Incarnation, event: ReplicaEvent & { kind: 'committed' }): void {
    this.#follows(living.committed, event)
    living.committed = event
    this.#compare(this.#entries, 'entriesDiffer', 'the entry', event.entryHash, event)
  }

  #onApplied(living: Incarnation, event: ReplicaEvent & { kind: 'applied' }): void {
    this.#follows(living.applied, event)
    if (event.index > living.committed.index) {
      const sentence = `${nameOf(event)} applies ${event.index}, but knows of commits up to ${living.committed.index}`
      this.#accuse('appliedUncommitted', sentence, [living.committed, event])
    }
    living.applied = event
    this.#compare(this.#entries, 'entriesDiffer', 'the entry', event.entryHash, event)
    if (event.stateHash === undefined) return
    this.#compare(this.#states, 'statesDiffer', 'the state', event.stateHash, event)
  }

  #onInstalled(living: Incarnation, event: ReplicaEvent & { kind: 'snapshotInstalled' }): void {
    if (event.index <= living.applied.index) this.#wentBack(living.applied, event)
    living.applied = event
    if (living.committed.index < event.index) living.committed = event
    this.#compare(this.#images, 'snapshotsDiffer', 'the image of a snapshot', event.imageHash, event)
    this.#compare(this.#states, 'statesDiffer', 'the state', event.stateHash, event)
  }

  /** Entries are committed and applied one after the other. */
  #follows(before: ReplicaEvent, event: ReplicaEvent): void {
    if (event.index <= before.index) this.#wentBack(before, event)
    else if (event.index > before.index + 1) {
      const sentence = `${nameOf(event)} has ${before.index} ${event.kind}, and next ${event.index}`
      this.#accuse('skipped', sentence, [before, event])
    }
  }

  #wentBack(before: ReplicaEvent, event: ReplicaEvent): void {
    const sentence = `${nameOf(event)} was at ${before.index} and goes back to ${event.index} without a restart`
    this.#accuse('wentBack', sentence, [before, event])
  }

  #compare(
    canon: Map<number, Canon>,
    name: ReplicaViolationName,
    what: string,
    hash: string,
    event: ReplicaEvent,
  ): void {
    const first = canon.get(event.index)
    if (first === undefined) {
      canon.set(event.index, { hash, event })
    } else if (first.hash !== hash) {
      const others = `${nameOf(first.event)} has ${first.hash}, ${nameOf(event)} ${hash}`
      this.#accuse(name, `${what} at index ${event.index} is not the same everywhere: ${others}`, [
        first.event,
        event,
      ])
    }
  }

  #accuse(name: ReplicaViolationName, sentence: string, events: readonly ReplicaEvent[]): void {
    this.violations.push({ name, sentence, events })
  }
}

function nameOf({ replica, incarnation }: ReplicaEvent): string {
  return `${replica}#${incarnation}`
}
