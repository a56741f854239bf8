/**
 * Whether authentication is on, and under which auth revision: what the machine last made of it, for those who ask with
 * every request. It holds nothing that the store does not; a request costs one comparison while authentication is off.
 */
import { type AuthSettings, FIRST_SETTINGS } from './records.ts'

export class AuthStanding implements AuthSettings {
  #settings = FIRST_SETTINGS
  #generation = 0
  #changed: (() => void) | undefined

  get enabled(): boolean {
    return this.#settings.enabled
  }

  get revision(): number {
    return this.#settings.revision
  }

  /** Another number whenever anything may be otherwise than before, a restored content included. */
  get generation(): number {
    return this.#generation
  }

  /** One listener. It is told before what changed is committed. */
  onChange(changed: () => void): void {
    this.#changed = changed
  }

  /** For the machine. */
  set(settings: AuthSettings): void {
    this.#settings = settings
    this.#generation++
    this.#changed?.()
  }
}
