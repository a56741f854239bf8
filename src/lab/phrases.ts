/** How what a recording holds is put into words: the same ones in transcripts, pictures and pages. */
import type { RecordedMessage, Verdict } from './recording.ts'

/** Of virtual time. */
export function milliseconds(us: number): string {
  return (us / 1000).toFixed(3)
}

/** What a message is, and what it says. */
export function messagePhrase({ kind, text }: RecordedMessage): string {
  return text === '' ? kind : `${kind} ${text}`
}

/** What a node says of itself: the columns of a core's line are for tables. */
export function squeezed(text: string): string {
  return text.replace(/ +/g, ' ').trim()
}

export function outcomePhrase({ isPromisedHere, broken }: Verdict): string {
  if (broken === null) return 'held'
  return isPromisedHere ? 'BROKEN' : 'did not hold'
}

export function promisePhrase({ promised, isPromisedHere }: Verdict): string {
  if (isPromisedHere) return 'promised'
  return promised === 'unless-late' ? 'promised if nothing is late' : 'not promised'
}
