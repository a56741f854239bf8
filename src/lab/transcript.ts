/** A recording as text that a person can read: a line for everything that happened, in its order. */
import { messagePhrase, milliseconds, outcomePhrase, promisePhrase, squeezed } from './phrases.ts'
import type { RecordedEvent, RecordedMessage, Recording, Verdict } from './recording.ts'

/** Routine messages are counted, not told. */
interface Routine {
  readonly kinds: Map<string, { count: number; lost: number }>
  readonly fromUs: number
}

/** Lines without their newlines. The same recording gives the same lines. */
export function transcript(recording: Recording): string[] {
  const { algorithm, nodes, seed, fault, teaches } = recording
  return [
    `${algorithm}, ${nodes.length} nodes, seed ${seed}, fault ${fault}`,
    `${teaches}.`,
    '',
    '    time, ms',
    ...story(recording),
    ...leftOut(recording),
    '',
    'In the end',
    ...recording.conclusions.map(line => `  ${line}`),
    '',
    'What held, and what did not',
    ...verdictLines(recording.verdicts),
  ]
}

type Step =
  | (RecordedEvent & { readonly message?: undefined })
  | { readonly message: RecordedMessage; readonly order: number }

/** A line for everything that happened, in its order. */
function story(recording: Recording): string[] {
  const steps: Step[] = [
    ...recording.events,
    ...recording.messages.map(message => ({ message, order: message.order })),
  ].sort((a, b) => a.order - b.order)
  const lines: string[] = []
  let routine: Routine | undefined
  const flush = (): void => {
    if (routine !== undefined) lines.push(routineLine(routine))
    routine = undefined
  }
  for (const step of steps) {
    if (step.message?.isRoutine) {
      routine ??= { kinds: new Map(), fromUs: step.message.sentAtUs }
      count(routine, step.message)
      continue
    }
    flush()
    lines.push(...(step.message ? [messageLine(step.message, recording)] : eventLines(step, recording)))
  }
  flush()
  return lines
}

function count({ kinds }: Routine, { kind, lost }: RecordedMessage): void {
  const before = kinds.get(kind) ?? { count: 0, lost: 0 }
  kinds.set(kind, { count: before.count + 1, lost: before.lost + (lost === null ? 0 : 1) })
}

function messageLine(message: RecordedMessage, { nodes }: Recording): string {
  const { from, to, sentAtUs } = message
  return `${time(sentAtUs)}  ${nodes[from]} -> ${nodes[to]}  ${messagePhrase(message)}${fate(message)}`
}

function fate({ lost, endsAtUs }: RecordedMessage): string {
  if (endsAtUs === null) return '  (still under way)'
  if (lost === null) return `  (arrives ${milliseconds(endsAtUs)})`
  if (lost === 'chance') return '  (lost)'
  const where = lost === 'cut' ? 'lost at the cut' : 'nobody there'
  return `  (${where}, ${milliseconds(endsAtUs)})`
}

function eventLines({ kind, node, text, atUs }: RecordedEvent, { nodes }: Recording): string[] {
  const who = node === null ? '' : `${nodes[node]} `
  if (kind === 'say') return ['', `## ${text}`]
  if (kind === 'state') return [`${time(atUs)}      ${who}| ${squeezed(text)}`]
  if (kind === 'network') return [`${time(atUs)}  ~~ ${text}`]
  if (kind === 'broken') return [`${time(atUs)}  !! no longer holds: ${text}`]
  if (kind === 'decision') return [`${time(atUs)}  ** ${who}${text}`]
  return [`${time(atUs)}  ${who}${text}`]
}

function routineLine({ kinds, fromUs }: Routine): string {
  const counts = [...kinds].map(
    ([kind, { count, lost }]) => `${count} x ${kind}${lost > 0 ? ` (${lost} lost)` : ''}`,
  )
  return `${time(fromUs)}  .. ${counts.join(', ')}`
}

function leftOut({ leftOut: { messages, events } }: Recording): string[] {
  if (messages + events === 0) return []
  return [
    '',
    `left out: the last ${messages} messages and ${events} events; the run was longer than what is recorded`,
  ]
}

/** How many columns the words before a property's name take. */
const VERDICT_COLUMNS = 41

function verdictLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(verdict => {
    const { property, says, broken } = verdict
    const words = `${outcomePhrase(verdict)}, ${promisePhrase(verdict)}`
    const head = `  ${words.padEnd(VERDICT_COLUMNS)} ${property}: ${says}`
    if (broken === null) return [head]
    return [head, `  ${' '.repeat(VERDICT_COLUMNS)} at ${milliseconds(broken.atUs)} ms: ${broken.what}`]
  })
}

function time(us: number): string {
  return milliseconds(us).padStart(12)
}
