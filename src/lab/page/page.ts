/**
 * A recording as one page that needs nothing else: no network, no fonts, no libraries. It shows the space-time
 * diagram, and at any instant of it what each node says of itself, what has happened until then, and which properties
 * still hold. Without scripts it is the diagram, the lists and the verdicts, as they are in the end.
 */
import { milliseconds, outcomePhrase, promisePhrase, squeezed } from '../phrases.ts'
import { type KindLook, kindsOf } from '../picture/kinds.ts'
import { element, escapeText } from '../picture/markup.ts'
import { type Picture, spaceTime } from '../picture/space-time.ts'
import type { Recording, Verdict } from '../recording.ts'
import { linesLeftOut, pageData } from './page-data.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { pageStyle } from './page-style.ts'

/** @param command what makes this page again */
export function labPage(recording: Recording, command: string): string {
  const picture = spaceTime(recording, { standsAlone: false, widthMin: 1100 })
  const data = pageData(recording, picture)
  const { algorithm, fault } = recording
  const head = [
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, escapeText(`${algorithm}: ${fault}`)),
    element('style', {}, pageStyle()),
  ]
  const body = [
    heading(recording, command),
    verdicts(recording.verdicts),
    element(
      'section',
      { 'aria-labelledby': 'd' },
      element('h2', { id: 'd' }, 'What happened'),
      controls(data.moments.length),
      diagram(recording, picture),
      nodes(recording),
      happenings(recording, data.lines),
    ),
    footer(recording, picture),
    // Nothing in the text can end the element: "<" is written as an escape.
    element(
      'script',
      { type: 'application/json', id: 'recording' },
      JSON.stringify(data).replace(/</g, '\\u003c'),
    ),
    element('script', {}, PAGE_SCRIPT),
  ]
  const root = element(
    'html',
    { lang: 'en' },
    element('head', {}, ...head),
    element('body', {}, element('main', {}, ...body)),
  )
  return `<!doctype html>\n${root}\n`
}

function heading({ algorithm, summary, fault, teaches, seed, nodes }: Recording, command: string): string {
  return element(
    'header',
    {},
    element('p', { class: 'eyebrow' }, escapeText(`${algorithm} \u00b7 ${fault}`)),
    element('h1', {}, escapeText(`${capital(teaches)}.`)),
    element('p', { class: 'summary' }, escapeText(`${summary}. ${nodes.length} nodes, seed ${seed}.`)),
    element('p', { class: 'repeat' }, 'Run it again: ', element('code', {}, wordsOf(command))),
  )
}

/** A line may break between words, and not at the hyphens of an option. */
function wordsOf(command: string): string {
  return command
    .split(' ')
    .map(word => element('span', {}, escapeText(word)))
    .join(' ')
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function verdicts(all: readonly Verdict[]): string {
  const items = all.map(verdict => {
    const { property, says, isPromisedHere, broken } = verdict
    const look = broken === null ? 'held' : isPromisedHere ? 'bad' : 'shown'
    const outcome = element('span', { class: 'outcome' }, outcomePhrase(verdict))
    const what =
      broken === null ? '' : element('p', { class: 'what' }, escapeText(`${ms(broken.atUs)}: ${broken.what}`))
    return element(
      'li',
      { class: look },
      element('p', {}, element('b', {}, escapeText(property)), outcome),
      element('p', { class: 'says' }, escapeText(`${capital(says)}.`)),
      element('p', { class: 'promise' }, promisePhrase(verdict)),
      what,
    )
  })
  return element(
    'section',
    { 'aria-labelledby': 'v' },
    element('h2', { id: 'v' }, 'What held, and what did not'),
    element('ul', { class: 'verdicts' }, ...items),
  )
}

function diagram(recording: Recording, { svg, height, lanes, part }: Picture): string {
  const names = recording.nodes.map((name, place) =>
    element('span', { style: `top:${lanes[place]! - 10}px` }, escapeText(name)),
  )
  const attributes = {
    class: 'scroll',
    tabindex: '0',
    role: 'region',
    'aria-label': 'Space-time diagram, scrolls sideways',
  }
  const playhead = element('div', { class: 'playhead', style: `height:${height - 34}px` }, '')
  const frame = element(
    'div',
    { class: 'frame' },
    element('div', { class: 'names', style: `height:${height}px`, 'aria-hidden': 'true' }, ...names),
    element('div', attributes, element('div', { class: 'canvas' }, svg, playhead)),
  )
  return frame + legend([...kindsOf(part.messages).values()])
}

/** Kinds can be hidden: a picture of everything is a picture of nothing. */
function legend(kinds: readonly KindLook[]): string {
  const boxes = kinds.map(({ kind, look, count }) =>
    element(
      'label',
      { class: look },
      element('input', { type: 'checkbox', checked: '', 'data-kind': kind }),
      element('i', {}, ''),
      `${escapeText(kind)} <small>${count}</small>`,
    ),
  )
  const marks = [
    ['rhombus', 'decision'],
    ['cross', 'lost, or crashed'],
    ['cut', 'network parted'],
  ].map(([mark, text]) => element('span', {}, element('i', { class: mark }, ''), text!))
  return element(
    'div',
    { class: 'legend', role: 'group', 'aria-label': 'Kinds of messages' },
    ...boxes,
    ...marks,
  )
}

function controls(moments: number): string {
  const button = (id: string, label: string, sign: string): string =>
    element('button', { type: 'button', id, 'aria-label': label, title: label }, sign)
  const slider = {
    type: 'range',
    id: 'time',
    min: '0',
    max: String(moments - 1),
    value: '0',
    step: '1',
    'aria-label': 'Virtual time',
  }
  return element(
    'div',
    { class: 'controls', role: 'group', 'aria-label': 'Move through time' },
    button('back', 'One event back', '\u2039'),
    button('play', 'Play', '\u25b6'),
    button('on', 'One event on', '\u203a'),
    element('input', slider),
    element('output', { id: 'clock', for: 'time' }, ''),
  )
}

function nodes({ nodes, events }: Recording): string {
  const cards = nodes.map((name, place) => {
    const last = events.findLast(({ kind, node }) => kind === 'state' && node === place)
    return element(
      'article',
      { class: 'node', 'data-node': String(place), 'aria-label': `Node ${name}` },
      element('h3', {}, escapeText(name), element('span', { class: 'standing' }, '')),
      element('p', { class: 'state' }, escapeText(squeezed(last?.text ?? ''))),
    )
  })
  return element(
    'div',
    { class: 'nodes', role: 'group', 'aria-label': 'What each node says of itself at that moment' },
    ...cards,
  )
}

function happenings(
  { conclusions }: Recording,
  lines: readonly { atUs: number; kind: string; text: string }[],
): string {
  const items = lines.map(({ atUs, kind, text }) =>
    element(
      'li',
      { class: kind },
      element('span', { class: 'at' }, ms(atUs)),
      element('span', {}, escapeText(text)),
    ),
  )
  return element(
    'div',
    { class: 'told' },
    element(
      'div',
      {},
      element('h2', { id: 'l' }, 'Step by step'),
      element('ol', { id: 'lines', tabindex: '0', 'aria-labelledby': 'l' }, ...items),
    ),
    element(
      'div',
      {},
      element('h2', {}, 'In the end'),
      element(
        'ul',
        { class: 'conclusions' },
        ...conclusions.map(line => element('li', {}, escapeText(line))),
      ),
    ),
  )
}

function footer(recording: Recording, { part }: Picture): string {
  const unlisted = linesLeftOut(recording, part.untilUs)
  const words = [
    part.missing === null ? 'Every message is drawn' : `Left out of the picture: ${part.missing}`,
    unlisted > 0 ? `the last ${unlisted} steps are not listed` : null,
    'long stretches in which nothing happens are drawn shorter, and marked \u22ef',
  ]
  return element('footer', {}, escapeText(`${words.filter(word => word !== null).join('; ')}.`))
}

function ms(us: number): string {
  return `${milliseconds(us)} ms`
}
