/**
 * Waits for a condition, never for a duration: looks every few milliseconds and fails with the last reason
 * when the time is up.
 */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 15_000,
): Promise<void> {
  const end = performance.now() + limitMs
  let reason = ''
  while (performance.now() < end) {
    try {
      if (await condition()) return
      reason = 'still false'
    } catch (error) {
      reason = String(error)
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`waited ${limitMs} ms for ${what}: ${reason}`)
}
