/** What of a recording a picture shows: all of it, or as much as a browser can bear, and what is left out. */
import { MESSAGES_DRAWN_MAX } from '../limits.ts'
import type { RecordedMessage, Recording } from '../recording.ts'

export interface DrawnPart {
  readonly messages: readonly RecordedMessage[]
  /** Until when everything is drawn. */
  readonly untilUs: number
  /** What is not, in a sentence; null if nothing is missing. */
  readonly missing: string | null
}

/** Routine goes first; if that is not enough, what came last. */
export function drawnPart(recording: Recording, messagesMax = MESSAGES_DRAWN_MAX): DrawnPart {
  const { messages, endsAtUs, leftOut } = recording
  const notRecorded = leftOut.messages > 0 ? `${leftOut.messages} messages are not even recorded` : null
  if (messages.length <= messagesMax) return { messages, untilUs: endsAtUs, missing: notRecorded }
  const telling = messages.filter(({ isRoutine, lost }) => !isRoutine || lost !== null)
  const routine = messages.length - telling.length
  if (telling.length <= messagesMax) {
    const words = [`${routine} routine messages that arrived are not drawn`, notRecorded]
    return { messages: telling, untilUs: endsAtUs, missing: sentence(words) }
  }
  const kept = telling.slice(0, messagesMax)
  const untilUs = kept.at(-1)!.sentAtUs
  const words = [
    `${routine} routine messages that arrived are not drawn`,
    `nor is what follows ${(untilUs / 1000).toFixed(1)} ms (${telling.length - kept.length} messages)`,
    notRecorded,
  ]
  return { messages: kept, untilUs, missing: sentence(words) }
}

function sentence(words: readonly (string | null)[]): string {
  return words.filter(word => word !== null).join('; ')
}
