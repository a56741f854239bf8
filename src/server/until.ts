/** Waiting for what nobody calls back about. */
import { addMs } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'
import { STOP_POLL_MS } from './limits.ts'

/** Resolves when the condition holds, or after so long; looks every few milliseconds. */
export function until(clock: Clock, condition: () => boolean, limitMs: number): Promise<void> {
  const end = addMs(clock.now(), limitMs)
  return new Promise(resolve => {
    const look = (): void => {
      if (condition() || clock.now() >= end) resolve()
      else timer.set(addMs(clock.now(), STOP_POLL_MS))
    }
    const timer = clock.timer(look)
    look()
  })
}
