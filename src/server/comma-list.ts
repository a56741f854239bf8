/** A list as flags take it. Apart from `config.ts`, which few commands need. */

/** What stands between commas; nothing stands between two of them, nor before the first. */
export function partsOf(text: string): string[] {
  const parts = text.split(',').map(part => part.trim())
  return parts.filter(part => part !== '')
}
