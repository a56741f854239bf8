/** What a page's script needs to move through a recording: plain data, in the page as JSON. */
import { LINES_LISTED_MAX } from '../limits.ts'
import { messagePhrase, squeezed } from '../phrases.ts'
import type { Picture } from '../picture/space-time.ts'
import type { RecordedMessage, Recording } from '../recording.ts'

export interface PageData {
  /** Every instant at which something happens, and where it stands in the picture. */
  readonly moments: readonly { readonly atUs: number; readonly x: number }[]
  /** Of each node: what it said of itself from when on. */
  readonly states: readonly (readonly { readonly atUs: number; readonly text: string }[])[]
  readonly absences: Recording['absences']
  /** What happened, in words. */
  readonly lines: readonly PageLine[]
  /** From when on a property does not hold; null if it does to the end. */
  readonly brokenAtUs: readonly (number | null)[]
}

export interface PageLine {
  readonly atUs: number
  readonly kind: string
  readonly text: string
}

export function pageData(recording: Recording, { scale, left, part }: Picture): PageData {
  const states = recording.nodes.map((_, node) =>
    recording.events
      .filter(event => event.kind === 'state' && event.node === node)
      .map(({ atUs, text }) => ({ atUs, text: squeezed(text) })),
  )
  return {
    moments: scale.instantsUs.map(atUs => ({ atUs, x: Math.round((left + scale.x(atUs)) * 10) / 10 })),
    states,
    absences: recording.absences,
    lines: linesOf(recording, part.untilUs),
    brokenAtUs: recording.verdicts.map(({ broken }) => broken?.atUs ?? null),
  }
}

/** How many lines a page does not list, though it draws what they tell. */
export function linesLeftOut(recording: Recording, untilUs: number): number {
  return Math.max(0, allLines(recording, untilUs).length - LINES_LISTED_MAX)
}

function linesOf(recording: Recording, untilUs: number): PageLine[] {
  return allLines(recording, untilUs).slice(0, LINES_LISTED_MAX)
}

/** Routine messages and what nodes say of themselves are seen elsewhere on the page. */
function allLines({ nodes, events, messages }: Recording, untilUs: number): PageLine[] {
  const told = events
    .filter(({ kind, atUs }) => kind !== 'state' && atUs <= untilUs)
    .map(({ order, atUs, kind, node, text }) => {
      const who = node === null ? '' : `${nodes[node]} `
      return { order, atUs, kind: kind as string, text: `${who}${text}` }
    })
  const sent = messages
    .filter(({ isRoutine, sentAtUs }) => !isRoutine && sentAtUs <= untilUs)
    .map(message => ({
      order: message.order,
      atUs: message.sentAtUs,
      kind: 'message',
      text: messageText(message, nodes),
    }))
  const lines = [...told, ...sent].sort((a, b) => a.order - b.order)
  return lines.map(({ atUs, kind, text }) => ({ atUs, kind, text }))
}

function messageText(message: RecordedMessage, nodes: readonly string[]): string {
  const { from, to, lost } = message
  return `${nodes[from]} \u2192 ${nodes[to]}  ${messagePhrase(message)}${lost === null ? '' : '  (lost)'}`
}
