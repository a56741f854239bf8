/** Marks for everything that is no message, and words beside them as long as there is room for them. */
import type { RecordedEvent } from '../recording.ts'
import { element, escapeText, pixels } from './markup.ts'

/** About as wide as a letter: of a state, and of everything else, which is bold and larger. */
const STATE_LETTER_PIXELS = 5.5
const LETTER_PIXELS = 6.5
const WORD_LETTERS_MAX = 26

/** Keeps words from lying on each other: for each line of them, how far it is written. */
class Rows {
  readonly #ends = new Map<string, number>()
  readonly #width: number

  constructor(width: number) {
    this.#width = width
  }

  /** Whether there is room for this text there; then it is taken. */
  take(row: string, x: number, text: string, letterPixels: number): boolean {
    const end = x + text.length * letterPixels + 6
    if (x < (this.#ends.get(row) ?? 0) || end > this.#width) return false
    this.#ends.set(row, end)
    return true
  }
}

/** @param promised names of the properties that were promised: it is grave if one does not hold */
export function placeLabels(
  events: readonly RecordedEvent[],
  promised: ReadonlySet<string>,
  x: (us: number) => number,
  lanes: readonly number[],
  bottom: number,
  width: number,
): string[] {
  const rows = new Rows(width)
  const phases = new Map<number, string>()
  let said = 0
  // What matters most is written first.
  const words = new Map<RecordedEvent, string>()
  for (const kind of ['broken', 'crash', 'decision', 'state'] as const) {
    for (const event of events.filter(one => one.kind === kind)) {
      const text = wordsFor(event, phases)
      const letterPixels = kind === 'state' ? STATE_LETTER_PIXELS : LETTER_PIXELS
      if (text !== undefined && rows.take(rowOf(event), x(event.atUs), text, letterPixels))
        words.set(event, text)
    }
  }
  const isTold = (event: RecordedEvent): boolean => event.kind !== 'state'
  const drawn = [...events.filter(event => !isTold(event)), ...events.filter(isTold)]
  return drawn.map(event => {
    if (event.kind === 'say') return drawSaid(++said, event.text, x(event.atUs))
    if (event.kind === 'broken') {
      const grave = promised.has(propertyOf(event))
      return drawBroken(event.text, grave, words.get(event), x(event.atUs), bottom)
    }
    if (event.node === null) return ''
    return drawMark(event, words.get(event), x(event.atUs), lanes[event.node]!)
  })
}

/** Which property it is that does not hold any more. */
function propertyOf({ text }: RecordedEvent): string {
  return text.split(':', 1)[0]!
}

function rowOf({ kind, node }: RecordedEvent): string {
  if (kind === 'broken') return 'broken'
  return kind === 'state' ? `${node} above` : `${node} below`
}

/** What is written beside a mark, if it says anything new. */
function wordsFor(event: RecordedEvent, phases: Map<number, string>): string | undefined {
  const { kind, node, text, phase } = event
  if (kind === 'state') {
    const known = phases.get(node!)
    phases.set(node!, phase ?? '')
    return phase === undefined || phase === '' || phase === known ? undefined : shorten(phase)
  }
  if (kind === 'broken') return `not: ${propertyOf(event)}`
  return shorten(kind === 'crash' ? 'crash' : text)
}

function shorten(text: string): string {
  return text.length <= WORD_LETTERS_MAX ? text : `${text.slice(0, WORD_LETTERS_MAX - 1).trimEnd()}\u2026`
}

function drawMark({ kind, text }: RecordedEvent, words: string | undefined, x: number, y: number): string {
  const title = element('title', {}, escapeText(text))
  const label = (name: string, dy: number): string =>
    words === undefined ? '' : element('text', { class: name, x: x + 5, y: y + dy }, escapeText(words))
  switch (kind) {
    case 'state':
      return element(
        'g',
        {},
        title,
        element('circle', { class: 'dot', cx: x, cy: y, r: 2.6 }),
        label('phase', -7),
      )
    case 'decision': {
      const rhombus = element('path', {
        class: 'decision',
        d: `M${pixels(x)} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5Z`,
      })
      return element('g', {}, title, rhombus, label('decided', 17))
    }
    case 'crash': {
      const cross = element('path', {
        class: 'crash',
        d: `M${pixels(x - 5)} ${y - 5}l10 10M${pixels(x + 5)} ${y - 5}l-10 10`,
      })
      return element('g', {}, title, cross, label('fallen', 17))
    }
    case 'start':
    case 'resume':
      return element(
        'g',
        {},
        title,
        element('path', { class: 'start', d: `M${pixels(x - 3)} ${y - 6}l9 6l-9 6Z` }),
      )
    case 'pause':
      return element(
        'g',
        {},
        title,
        element('path', { class: 'crash', d: `M${pixels(x - 2)} ${y - 5}v10M${pixels(x + 3)} ${y - 5}v10` }),
      )
    default:
      return ''
  }
}

function drawSaid(number: number, text: string, x: number): string {
  return element(
    'g',
    { class: 'said' },
    element('title', {}, escapeText(text)),
    element('circle', { cx: x, cy: 10, r: 8 }),
    element('text', { x, y: 13.5 }, String(number)),
  )
}

function drawBroken(
  text: string,
  isGrave: boolean,
  words: string | undefined,
  x: number,
  bottom: number,
): string {
  const label = words === undefined ? '' : element('text', { x: x + 4, y: bottom - 1 }, escapeText(words))
  return element(
    'g',
    { class: isGrave ? 'broken grave' : 'broken' },
    element('title', {}, escapeText(text)),
    element('line', { x1: x, x2: x, y1: 34, y2: bottom }),
    label,
  )
}
