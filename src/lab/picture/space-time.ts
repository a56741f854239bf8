/**
 * A space-time diagram (as Lamport drew them in 1978, laid on its side): a line for each node, time to the right, a
 * message as an arrow from its sending to its arrival. What is lost ends in a cross; who is down has no line; where the
 * network is parted there is a band; a rhombus is a decision.
 */
import type { RecordedEvent, RecordedMessage, Recording } from '../recording.ts'
import { drawArrow } from './arrows.ts'
import { type DrawnPart, drawnPart } from './drawn-part.ts'
import { kindsOf } from './kinds.ts'
import { drawLegend, LEGEND_HEIGHT } from './legend.ts'
import { element, escapeText } from './markup.ts'
import { aloneStyle } from './picture-style.ts'
import { placeLabels } from './place-labels.ts'
import { type TimeScale, timeScale } from './time-scale.ts'

export interface PictureOptions {
  /** To fit everything into; without one, as wide as it has to be. */
  readonly width?: number
  /** Not narrower than this. */
  readonly widthMin?: number
  /** Node names and a legend in the picture itself: for one that stands alone. */
  readonly standsAlone: boolean
}

export interface Picture {
  readonly svg: string
  readonly width: number
  readonly height: number
  readonly scale: TimeScale
  readonly part: DrawnPart
  /** Where things begin, and where each node's line is. */
  readonly left: number
  readonly lanes: readonly number[]
}

const AXIS_HEIGHT = 46
const ROW_HEIGHT = 76
const RIGHT_MARGIN = 24
const LABEL_WIDTH = 74
const LEFT_MARGIN = 30
/** Between two times that are written on the axis. */
const TICK_PIXELS_MIN = 84

export function spaceTime(recording: Recording, options: PictureOptions): Picture {
  const { nodes } = recording
  const part = drawnPart(recording)
  const left = options.standsAlone ? LABEL_WIDTH : LEFT_MARGIN
  const margins = left + RIGHT_MARGIN
  const room = {
    least: (options.width ?? options.widthMin ?? 0) - margins,
    most: (options.width ?? Infinity) - margins,
  }
  const events = recording.events.filter(({ atUs }) => atUs <= part.untilUs)
  const scale = timeScale(instantsOf(recording, part, events), room)
  const lanes = nodes.map((_, place) => AXIS_HEIGHT + 34 + place * ROW_HEIGHT)
  const bottom = AXIS_HEIGHT + nodes.length * ROW_HEIGHT
  const width = left + scale.width + RIGHT_MARGIN
  const kinds = kindsOf(part.messages)
  const height = bottom + (options.standsAlone ? LEGEND_HEIGHT : 8)
  const x = (us: number): number => left + scale.x(us)
  const routine = part.messages.filter(({ isRoutine }) => isRoutine)
  const telling = part.messages.filter(({ isRoutine }) => !isRoutine)
  const arrow = (message: RecordedMessage): string => drawArrow(message, kinds, x, lanes, left + scale.width)
  const content = [
    element('title', {}, escapeText(titleOf(recording))),
    element('desc', {}, escapeText(`${recording.teaches}.`)),
    options.standsAlone ? element('rect', { class: 'ground', width, height, rx: 10 }) : '',
    ...drawPartitions(recording, x, part.untilUs, bottom),
    ...drawAxis(scale, left),
    ...lanes.map((y, node) => drawLane(recording, node, y, x, part.untilUs)),
    ...routine.map(arrow),
    ...telling.map(arrow),
    ...placeLabels(events, promisedIn(recording), x, lanes, bottom, width),
    ...(options.standsAlone
      ? [...drawNames(nodes, lanes), drawLegend(kinds, LEFT_MARGIN, bottom, width)]
      : []),
  ]
  const svg = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'space-time',
      viewBox: `0 0 ${Math.ceil(width)} ${height}`,
      width: Math.ceil(width),
      height,
      role: 'img',
      'aria-label': titleOf(recording),
    },
    ...(options.standsAlone ? [element('style', {}, aloneStyle())] : []),
    ...content,
  )
  return { svg, width, height, scale, part, left, lanes }
}

function titleOf({ algorithm, fault, seed, nodes }: Recording): string {
  return `Space-time diagram: ${algorithm}, fault ${fault}, ${nodes.length} nodes, seed ${seed}`
}

function promisedIn({ verdicts }: Recording): Set<string> {
  return new Set(verdicts.filter(({ isPromisedHere }) => isPromisedHere).map(({ property }) => property))
}

function instantsOf(recording: Recording, part: DrawnPart, events: readonly RecordedEvent[]): number[] {
  const instants = [0, part.untilUs]
  for (const { sentAtUs, endsAtUs } of part.messages) {
    instants.push(sentAtUs)
    if (endsAtUs !== null && endsAtUs <= part.untilUs) instants.push(endsAtUs)
  }
  for (const { atUs } of events) instants.push(atUs)
  for (const { fromUs, untilUs } of [...recording.absences, ...recording.partitions])
    instants.push(...[fromUs, untilUs].filter(us => us <= part.untilUs))
  return instants
}

function drawPartitions(
  { partitions }: Recording,
  x: (us: number) => number,
  untilUs: number,
  bottom: number,
): string[] {
  return partitions
    .filter(({ fromUs }) => fromUs < untilUs)
    .map(({ fromUs, untilUs: to, text }) => {
      const [start, end] = [x(fromUs), x(Math.min(to, untilUs))]
      const height = bottom - AXIS_HEIGHT + 6
      const band = { class: 'band', x: start, y: AXIS_HEIGHT - 6, width: Math.max(end - start, 2), height }
      const fits = end - start > text.length * 5.6
      const label = fits
        ? element('text', { class: 'bandlabel', x: start + 5, y: AXIS_HEIGHT + 7 }, escapeText(text))
        : ''
      return element('g', {}, element('title', {}, escapeText(text)), element('rect', band), label)
    })
}

function drawAxis(scale: TimeScale, left: number): string[] {
  const marks: string[] = []
  let last = Number.NEGATIVE_INFINITY
  for (const [place, us] of scale.instantsUs.entries()) {
    const at = left + scale.x(us)
    if (scale.isShortened(place)) {
      const middle = (at + left + scale.x(scale.instantsUs[place + 1]!)) / 2
      marks.push(element('text', { class: 'gap', x: middle, y: AXIS_HEIGHT - 10 }, '\u22ef'))
    }
    if (at - last < TICK_PIXELS_MIN) continue
    last = at
    marks.push(element('line', { class: 'tick', x1: at, x2: at, y1: AXIS_HEIGHT - 16, y2: AXIS_HEIGHT - 8 }))
    // Its middle is there, unless it would be cut off at the end.
    const middle = Math.min(at, left + scale.width + RIGHT_MARGIN - TICK_PIXELS_MIN / 2 + 8)
    marks.push(element('text', { class: 'time', x: middle, y: AXIS_HEIGHT - 21 }, `${tickText(us)} ms`))
  }
  return marks
}

function tickText(us: number): string {
  return us >= 1_000_000 ? (us / 1000).toFixed(0) : (us / 1000).toFixed(1)
}

/** A node's line, with nothing where it was down and dots where it was paused. */
function drawLane(
  recording: Recording,
  node: number,
  y: number,
  x: (us: number) => number,
  untilUs: number,
): string {
  const absences = recording.absences.filter(one => one.node === node && one.fromUs <= untilUs)
  const parts: string[] = []
  let fromUs = 0
  const line = (kind: string, start: number, end: number): void => {
    if (end > start) parts.push(element('line', { class: kind, x1: x(start), x2: x(end), y1: y, y2: y }))
  }
  for (const absence of absences) {
    line('lane', fromUs, absence.fromUs)
    line(absence.kind, absence.fromUs, Math.min(absence.untilUs, untilUs))
    fromUs = absence.untilUs
  }
  line('lane', fromUs, untilUs)
  return parts.join('')
}

function drawNames(nodes: readonly string[], lanes: readonly number[]): string[] {
  return nodes.map((name, place) =>
    element('text', { class: 'name', x: 16, y: lanes[place]! + 4 }, escapeText(name)),
  )
}
