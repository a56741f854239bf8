/** What the colours and marks of a picture that stands alone mean, in a few rows below it. */
import type { KindLook } from './kinds.ts'
import { element, escapeText } from './markup.ts'

export const LEGEND_HEIGHT = 58

const MARKS = [
  ['decision', 'decision'],
  ['lost', 'lost'],
  ['down', 'down'],
] as const

/** About as wide as a letter. */
const LETTER_PIXELS = 6.1
const ROW_PIXELS = 19

export function drawLegend(
  kinds: ReadonlyMap<string, KindLook>,
  left: number,
  top: number,
  width: number,
): string {
  let x = left
  let y = top + 16
  const entries: string[] = []
  const place = (mark: (x: number, y: number) => string, text: string): void => {
    const needed = 32 + text.length * LETTER_PIXELS + 14
    if (x + needed > width && x > left) {
      x = left
      y += ROW_PIXELS
    }
    entries.push(mark(x, y), element('text', { x: x + 30, y: y + 4 }, escapeText(text)))
    x += needed
  }
  for (const { kind, look, isRoutine } of kinds.values()) {
    const line = (at: number, middle: number): string =>
      element(
        'g',
        { class: `arrow ${look}${isRoutine ? ' routine' : ''}` },
        element('line', { x1: at, x2: at + 18, y1: middle, y2: middle }),
        element('path', { d: `M${at + 24} ${middle}l-7 -3v6Z` }),
      )
    place(line, kind)
  }
  for (const [mark, text] of MARKS) place((at, middle) => drawMark(mark, at, middle), text)
  return element('g', { class: 'legend' }, ...entries)
}

function drawMark(mark: (typeof MARKS)[number][0], x: number, y: number): string {
  if (mark === 'decision')
    return element('path', { class: 'decision', d: `M${x + 12} ${y - 6}l6 6l-6 6l-6 -6Z` })
  if (mark === 'down') return element('line', { class: 'down', x1: x, x2: x + 24, y1: y, y2: y })
  return element('path', { class: 'crash', d: `M${x + 8} ${y - 4}l8 8M${x + 16} ${y - 4}l-8 8` })
}
