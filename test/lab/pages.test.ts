/** Pages of the laboratory in a real browser: what is drawn, and that one can move through it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { algorithmNamed } from '../../src/lab/algorithms.ts'
import { labPage } from '../../src/lab/page/page.ts'
import type { Recording } from '../../src/lab/recording.ts'
import { missing, testUnless } from '../harness/requirement.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const CHROMIUM = '/usr/bin/chromium'
const test = testUnless(missing(CHROMIUM, '--version'))

let browser: Browser | undefined
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(`${tmpdir()}/quorate-pages-`)
  // The sandbox needs what containers do not give; the pages are ours, and reach nothing.
  if (missing(CHROMIUM, '--version') === null)
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
})

afterAll(async () => {
  await browser?.close()
  rmSync(directory, { recursive: true, force: true })
})

interface Opened {
  readonly page: Page
  readonly recording: Recording
  /** What the page complained about, or asked of the network. */
  readonly troubles: readonly string[]
}

async function open(
  name: string,
  fault: string,
  look: Parameters<Browser['newPage']>[0] = {},
): Promise<Opened> {
  const algorithm = algorithmNamed(name)!
  const recording = algorithm.run({ nodes: algorithm.nodes.standard, seed: 1 }, fault)
  const file = `${directory}/${name}.html`
  writeFileSync(file, labPage(recording, 'quorate lab'))
  const page = await browser!.newPage(look)
  const troubles: string[] = []
  page.on('pageerror', error => troubles.push(error.message))
  page.on('console', message => void (message.type() === 'error' && troubles.push(message.text())))
  page.on('request', request => void (request.url().startsWith('file:') || troubles.push(request.url())))
  await page.goto(`file://${file}`)
  return { page, recording, troubles }
}

/** In the page: how many elements there are. */
const count = (page: Page, selector: string): Promise<number> => page.locator(selector).count()

test('everything is drawn: a line for each node, an arrow for each message, losses, decisions, bands', async () => {
  const { page, recording, troubles } = await open('three-phase-commit', 'partition-in-precommit')
  expect(await count(page, '.arrow[data-at]')).toBe(recording.messages.length)
  expect(await count(page, '.arrow.lost')).toBe(recording.messages.filter(({ lost }) => lost !== null).length)
  const decisions = recording.events.filter(({ kind }) => kind === 'decision').length
  expect(await count(page, '.space-time path.decision')).toBe(decisions)
  expect(await count(page, '.space-time rect.band')).toBe(recording.partitions.length)
  expect(await count(page, '.node')).toBe(3)
  expect(await page.locator('.verdicts .shown b').allTextContents()).toEqual(['agreement'])
  expect(troubles).toEqual([])
  await page.close()
})

test('the slider moves through virtual time, by hand and by keyboard, and shows what each node then says', async () => {
  const { page, recording } = await open('three-phase-commit', 'partition-in-precommit')
  const clock = page.locator('#clock')
  const slider = page.locator('#time')
  await slider.fill('0')
  expect(await clock.textContent()).toBe('0.000 ms')
  const sent = recording.messages.filter(({ sentAtUs }) => sentAtUs === 0).length
  expect(await count(page, '.arrow[data-at]:not(.later)')).toBe(sent)
  await slider.press('ArrowRight')
  expect(await clock.textContent()).toBe('10.000 ms')
  await page.getByRole('button', { name: 'One event back' }).click()
  expect(await slider.getAttribute('aria-valuetext')).toBe('0.000 ms')
  expect(await page.locator('.verdicts .shown').getAttribute('class')).toContain('notyet')
  const split = recording.verdicts.find(({ broken }) => broken !== null)!.broken!.atUs
  await slider.press('End')
  const said = await page.locator('.node .state').allTextContents()
  expect(said).toEqual([1, 2, 3].map((_, node) => lastWords(recording, node)))
  expect(await page.locator('.verdicts .shown').getAttribute('class')).not.toContain('notyet')
  await page.getByRole('region', { name: /^Space-time/ }).press('ArrowLeft')
  expect(await slider.inputValue()).toBe(String(Number(await slider.getAttribute('max')) - 1))
  const crash = recording.absences[0]!
  expect(crash.fromUs < split && split < crash.untilUs).toBe(true)
  while (Number.parseFloat((await clock.textContent())!) * 1000 > split) await slider.press('ArrowLeft')
  expect(await page.locator('.node.down .standing').textContent()).toBe('down')
  await page.close()
})

function lastWords({ events }: Recording, node: number): string {
  return events.findLast(event => event.kind === 'state' && event.node === node)!.text.replace(/ +/g, ' ')
}

test('kinds of messages can be hidden', async () => {
  const { page, recording } = await open('raft', 'leader-crash')
  await page.getByRole('checkbox', { name: /^heartbeat \d/ }).uncheck()
  const beats = recording.messages.filter(({ kind }) => kind === 'heartbeat').length
  expect(await count(page, '.arrow.hidden')).toBe(beats)
  await page.close()
})

test('narrow or wide, light or dark: the page fits, and its ground is as the reader wants it', async () => {
  const grounds: string[] = []
  for (const [width, colorScheme] of [
    [390, 'light'],
    [1280, 'dark'],
  ] as const) {
    const { page } = await open('bully', 'partition', { viewport: { width, height: 800 }, colorScheme })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    grounds.push(String(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')))
    const [frame, slider] = [
      await page.locator('.frame').boundingBox(),
      await page.locator('#time').boundingBox(),
    ]
    expect(frame!.x + frame!.width).toBeLessThanOrEqual(width)
    expect(slider!.width).toBeGreaterThan(80)
    await page.close()
  }
  expect(grounds).toEqual(['rgb(251, 250, 247)', 'rgb(20, 23, 29)'])
})
