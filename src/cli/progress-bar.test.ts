import { expect, test } from 'vitest'
import { ProgressBar } from './progress-bar.ts'

/** A terminal that shows one line: a carriage return and ESC [ K empty it, text is appended. */
class FakeTerminal {
  readonly isTTY: boolean
  readonly writes: string[] = []
  line = ''
  nowMs = 0

  constructor(isTTY = true) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.writes.push(text)
    this.line = (this.line + text).split('\r\x1b[K').at(-1)!
  }
}

function barOn(terminal: FakeTerminal): ProgressBar {
  return new ProgressBar(terminal, () => terminal.nowMs)
}

test('a bar shows the part that is done, never more than all of it', () => {
  const shown = (fraction: number): string => {
    const terminal = new FakeTerminal()
    barOn(terminal).draw(fraction, '7 pairs')
    return terminal.line
  }
  expect(shown(0)).toBe(`[${'.'.repeat(30)}] 7 pairs`)
  expect(shown(0.5)).toBe(`[${'#'.repeat(15)}${'.'.repeat(15)}] 7 pairs`)
  expect(shown(1)).toBe(`[${'#'.repeat(30)}] 7 pairs`)
  expect(shown(1.2)).toBe(`[${'#'.repeat(30)}] 7 pairs`)
})

test('where the end is not known, the text stands alone', () => {
  const terminal = new FakeTerminal()
  barOn(terminal).draw(undefined, '7 pairs')
  expect(terminal.line).toBe('7 pairs')
})

test('it is drawn over itself, ten times a second at most', () => {
  const terminal = new FakeTerminal()
  const bar = barOn(terminal)
  for (; terminal.nowMs < 1000; terminal.nowMs++) bar.draw(undefined, `at ${terminal.nowMs} ms`)
  expect(terminal.writes).toHaveLength(10)
  expect(terminal.line).toBe('at 900 ms')
})

test('clearing it leaves an empty line, and writes nothing where there is none', () => {
  const terminal = new FakeTerminal()
  const bar = barOn(terminal)
  bar.clear()
  expect(terminal.writes).toEqual([])
  bar.draw(0.5, '7 pairs')
  bar.clear()
  expect(terminal.line).toBe('')
  bar.clear()
  expect(terminal.writes).toHaveLength(2)
})

test('off a terminal nothing is written', () => {
  const terminal = new FakeTerminal(false)
  const bar = barOn(terminal)
  bar.draw(0.5, '7 pairs')
  bar.clear()
  expect(terminal.writes).toEqual([])
})
