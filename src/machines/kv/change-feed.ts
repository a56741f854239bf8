/**
 * Who follows what a machine changes: told once per hand-out of committed entries, of all changes in it, so that nobody
 * reads back from the store what was just written there. It is news, not memory: whoever was not there, or could not
 * keep up, goes on from the store (`ChangeCursor`).
 */
import { assert } from '../../core/assert.ts'
import { AuthStanding } from './auth/auth-standing.ts'
import type { Change } from './changes.ts'

export interface ChangeListener {
  /**
   * In the order of revisions. Told before the changes are committed: until the end of this call-back the store shows
   * the state before them. Keys and values stay valid, and must not be changed.
   */
  changed(changes: readonly Change[]): void
  /** The content was replaced as a whole: what had changed up to there is told by the store only. */
  replaced(): void
}

export class ChangeFeed {
  /** Whether authentication is on, kept by the machine. */
  readonly auth = new AuthStanding()
  #listener: ChangeListener | undefined

  /** One listener, which shares with whom it likes. */
  listen(listener: ChangeListener): void {
    assert(this.#listener === undefined, 'a feed has one listener')
    this.#listener = listener
  }

  /** Whether anybody would hear: who changes something need not remember it if not. */
  get isHeard(): boolean {
    return this.#listener !== undefined
  }

  tell(changes: readonly Change[]): void {
    if (changes.length > 0) this.#listener?.changed(changes)
  }

  tellReplaced(): void {
    this.#listener?.replaced()
  }
}
