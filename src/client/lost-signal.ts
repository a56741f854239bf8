/** The signal by which a program learns that what it held is its own no more. */

export interface LostSignal {
  readonly signal: AbortSignal
  /** Says so, once. */
  lose(reason: Error): void
}

export function lostSignal(): LostSignal {
  const controller = new AbortController()
  return { signal: controller.signal, lose: reason => controller.abort(reason) }
}
