/** Messages as arrows. */
import { messagePhrase, milliseconds } from '../phrases.ts'
import type { RecordedMessage } from '../recording.ts'
import type { KindLook } from './kinds.ts'
import { element, escapeText, pixels } from './markup.ts'

/** How far across a message gets that is lost, and how far to the right where nobody knows when. */
const LOST_SHARE = { chance: 0.42, cut: 0.8, down: 0.96 }
const LOST_PIXELS = 14
const HEAD_PIXELS = 7

/** @param right where the picture ends: what is under way then points there */
export function drawArrow(
  message: RecordedMessage,
  kinds: ReadonlyMap<string, KindLook>,
  x: (us: number) => number,
  lanes: readonly number[],
  right: number,
): string {
  const { from, to, kind, sentAtUs, endsAtUs, lost, isRoutine, order } = message
  const [x1, y1, yTo] = [x(sentAtUs), lanes[from]!, lanes[to]!]
  const share = lost === null ? 1 : LOST_SHARE[lost]
  const xTo = endsAtUs === null ? right : lost === 'chance' ? x1 + LOST_PIXELS / share : x(endsAtUs)
  const x2 = x1 + (xTo - x1) * share
  const y2 = y1 + (yTo - y1) * share
  const look = kinds.get(kind)!.look
  const classes = ['arrow', look, lost === null ? '' : 'lost', isRoutine ? 'routine' : ''].filter(
    word => word !== '',
  )
  const end = lost === null ? (endsAtUs === null ? '' : head(x1, y1, x2, y2)) : cross(x2, y2)
  return element(
    'g',
    { class: classes.join(' '), 'data-at': String(sentAtUs), 'data-kind': kind, 'data-order': String(order) },
    element('title', {}, escapeText(titleOf(message))),
    element('line', { x1, y1, x2, y2 }),
    end,
  )
}

function titleOf(message: RecordedMessage): string {
  const { sentAtUs, endsAtUs, lost } = message
  const fate =
    lost !== null ? 'lost' : endsAtUs === null ? 'under way' : `arrives ${milliseconds(endsAtUs)} ms`
  return `${messagePhrase(message)} (sent ${milliseconds(sentAtUs)} ms, ${fate})`
}

/** A slim triangle whose point is where the message arrives. */
function head(x1: number, y1: number, x2: number, y2: number): string {
  const length = Math.max(1, Math.hypot(x2 - x1, y2 - y1))
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length]
  const [bx, by] = [x2 - dx * HEAD_PIXELS, y2 - dy * HEAD_PIXELS]
  const [wx, wy] = [-dy * HEAD_PIXELS * 0.42, dx * HEAD_PIXELS * 0.42]
  const points = [
    [x2, y2],
    [bx + wx, by + wy],
    [bx - wx, by - wy],
  ]
  return element('path', { d: `M${points.map(point => point.map(pixels).join(' ')).join('L')}Z` })
}

function cross(x: number, y: number): string {
  const [l, r, t, b] = [x - 4, x + 4, y - 4, y + 4].map(pixels)
  return element('path', { class: 'cross', d: `M${l} ${t}L${r} ${b}M${l} ${b}L${r} ${t}` })
}
