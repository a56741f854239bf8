import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { drawDelayUs } from '../../sim/delay.ts'
import {
  AccrualDetector,
  type DetectorEffect,
  type DetectorInput,
  type DetectorOptions,
} from './accrual-detector.ts'
import { SECOND_LOOK_MS } from './limits.ts'

const HEARTBEAT_MS = 1000
const OPTIONS: DetectorOptions = {
  heartbeatMs: HEARTBEAT_MS,
  threshold: 8,
  deviationMinMs: 100,
  stallMs: 200,
}
const PEER = 7n as NodeId

/** A detector whose time is told in milliseconds, and what it said. */
class Watch {
  readonly detector: AccrualDetector
  readonly said: string[] = []

  constructor(options: DetectorOptions = OPTIONS) {
    this.detector = new AccrualDetector(options)
  }

  give(ms: number, ...kinds: readonly DetectorInput['kind'][]): void {
    const out: DetectorEffect[] = []
    const inputs = kinds.map(kind => (kind === 'deadline' ? { kind } : { kind, peer: PEER }) as DetectorInput)
    this.detector.step(Math.round(ms * 1000) as Instant, inputs, out)
    this.detector.check()
    for (const effect of out) this.said.push(`${Math.round(ms)} ${effect.kind}`)
  }

  get deadlineMs(): number {
    return this.detector.deadline() / 1000
  }
}

describe('an accrual failure detector', () => {
  test('suspects who falls silent, at the instant that it asked to be woken, and once', () => {
    const watch = new Watch()
    watch.give(0, 'watch')
    for (let ms = 1000; ms <= 20_000; ms += 1000) watch.give(ms, 'heard')
    expect(watch.deadlineMs).toBeGreaterThan(21_400)
    expect(watch.deadlineMs).toBeLessThan(22_000)
    watch.give(watch.deadlineMs - 1, 'deadline')
    expect(watch.said).toEqual([])
    const dueMs = watch.deadlineMs
    watch.give(dueMs, 'deadline')
    expect(watch.said).toEqual([])
    expect(watch.deadlineMs).toBeCloseTo(dueMs + SECOND_LOOK_MS, 2)
    watch.give(watch.deadlineMs, 'deadline')
    expect(watch.said.map(line => line.split(' ')[1])).toEqual(['suspected'])
    expect(watch.detector.deadline()).toBe(NEVER)
    watch.give(60_000, 'deadline')
    expect(watch.said.length).toBe(1)
  })

  test('trusts whoever is heard of again, and does not learn from its absence', () => {
    const watch = new Watch()
    watch.give(0, 'watch')
    for (let ms = 1000; ms <= 20_000; ms += 1000) watch.give(ms, 'heard')
    const silenceMs = watch.deadlineMs - 20_000
    watch.give(watch.deadlineMs, 'deadline')
    watch.give(watch.deadlineMs, 'deadline')
    watch.give(100_000, 'heard')
    expect(watch.said.at(-1)).toBe('100000 trusted')
    expect(watch.deadlineMs - 100_000).toBeCloseTo(silenceMs, 1)
  })

  test('waits longer for whoever is irregular', () => {
    const silenceAfter = (jitterMs: number): number => {
      const watch = new Watch()
      const random = randomFromSeed(1)
      watch.give(0, 'watch')
      let now = 0
      for (let i = 0; i < 200; i++) watch.give((now += HEARTBEAT_MS + random.below(jitterMs + 1)), 'heard')
      return watch.deadlineMs - now
    }
    expect(silenceAfter(900)).toBeGreaterThan(silenceAfter(0) + 900)
  })

  test('of a peer that is not watched says nothing, and one that is forgotten is not suspected', () => {
    const watch = new Watch()
    watch.give(0, 'heard')
    expect(watch.detector.phi(PEER, 1 as Instant)).toBe(0)
    watch.give(0, 'watch')
    expect(watch.detector.phi(PEER, 3_000_000 as Instant)).toBeGreaterThan(8)
    watch.give(10, 'forget')
    expect(watch.deadlineMs).toBe(Number.POSITIVE_INFINITY)
    for (const ms of [60_000, 60_020]) watch.give(ms, 'deadline')
    expect(watch.said).toEqual([])
  })

  test('who was itself away accuses nobody of that time, even if it looks at the clock before it reads', () => {
    const watch = new Watch()
    watch.give(0, 'watch')
    for (let ms = 1000; ms <= 20_000; ms += 1000) watch.give(ms, 'heard')
    // Busy for ten seconds: the timer comes first, and the heartbeats that waited come behind it.
    watch.give(30_000, 'deadline')
    watch.give(30_000, 'heard', 'heard', 'heard')
    expect(watch.said).toEqual([])
    // But a peer that is dead is found out all the same.
    watch.give(watch.deadlineMs, 'deadline')
    watch.give(watch.deadlineMs, 'deadline')
    expect(watch.said.length).toBe(1)
  })
})

test('what was lost while the whole machine slept is waited for anew, and then looked at twice', () => {
  const watch = new Watch()
  watch.give(0, 'watch')
  for (let ms = 1000; ms <= 20_000; ms += 1000) watch.give(ms, 'heard')
  watch.give(watch.deadlineMs, 'deadline')
  // Between the two looks the machine is suspended; no heartbeat waits, for nobody was there to take it.
  watch.give(30_000, 'deadline')
  watch.give(30_020, 'deadline')
  watch.give(30_900, 'deadline')
  expect(watch.said).toEqual([])
  const dueMs = watch.deadlineMs
  expect(dueMs).toBeLessThan(60_000)
  watch.give(dueMs, 'deadline')
  expect(watch.said).toEqual([])
  watch.give(watch.deadlineMs, 'deadline')
  expect(watch.said.length).toBe(1)
})

test('a peer that is watched already is not watched anew', () => {
  const watch = new Watch()
  watch.give(0, 'watch')
  const dueMs = watch.deadlineMs
  watch.give(1000, 'watch')
  expect(watch.deadlineMs).toBe(dueMs)
})

/** Heartbeats of one peer until it dies; gives when it was suspected, and how often it was while it lived. */
function live(
  random: Random,
  options: DetectorOptions,
  jitter: { minimumUs: number; meanUs: number },
  stalls: boolean,
) {
  const watch = new Watch(options)
  const diesMs = 20_000 + random.below(60_000)
  const arrivals: number[] = []
  for (let ms = HEARTBEAT_MS; ms < diesMs; ms += HEARTBEAT_MS)
    arrivals.push(ms + drawDelayUs(jitter, random) / 1000)
  arrivals.sort((a, b) => a - b)
  watch.give(0, 'watch')
  let now = 0
  let next = 0
  const perhapsBusy = (): void => {
    if (stalls && random.chance(1, 10)) now += random.below(5000)
  }
  while (watch.deadlineMs !== Number.POSITIVE_INFINITY || next < arrivals.length) {
    // One turn of an event loop: timers first, then what waits in sockets.
    now = Math.max(now, Math.min(watch.deadlineMs, arrivals[next] ?? Number.POSITIVE_INFINITY))
    if (watch.deadlineMs <= now) watch.give(now, 'deadline')
    perhapsBusy()
    for (; next < arrivals.length && arrivals[next]! <= now; next++) watch.give(now, 'heard')
    perhapsBusy()
  }
  const mistakes = watch.said.filter(line => line.endsWith('trusted')).length
  const suspectedMs = Number(watch.said.at(-1)!.split(' ')[0])
  return { mistakes, detectionMs: suspectedMs - diesMs, diesMs }
}

test('in 2,000 schedules a busy process suspects nobody who lives, and everybody who is dead', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = randomFromSeed(seed)
    const { mistakes, detectionMs } = live(random, OPTIONS, { minimumUs: 1000, meanUs: 20_000 }, true)
    if (mistakes > 0) throw new Error(`seed ${seed}: ${mistakes} mistakes`)
    if (detectionMs > 60_000) throw new Error(`seed ${seed}: found out after ${detectionMs} ms`)
  }
})

test('detection time and mistakes by threshold are what is written down', () => {
  const lines = [
    '# Heartbeats each second, delayed by 100 ms and, on average, 150 ms more; 500 lives for each threshold',
    '',
  ]
  for (const threshold of [1, 2, 4, 8, 12]) {
    let mistakes = 0
    let detectionMs = 0
    let livedMs = 0
    for (let seed = 1; seed <= 500; seed++) {
      const options = { ...OPTIONS, threshold, deviationMinMs: 20 }
      const life = live(randomFromSeed(seed), options, { minimumUs: 100_000, meanUs: 150_000 }, false)
      mistakes += life.mistakes
      detectionMs += life.detectionMs
      livedMs += life.diesMs
    }
    const perHour = (mistakes * 3_600_000) / livedMs
    const found = (detectionMs / 500).toFixed(0).padStart(4)
    const name = `threshold ${String(threshold).padStart(2)}`
    lines.push(`  ${name}: found out after ${found} ms, ${perHour.toFixed(1).padStart(6)} mistakes an hour`)
  }
  const path = new URL('./testdata/figures.txt', import.meta.url)
  const told = `${lines.join('\n')}\n`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
  expect(told).toBe(readFileSync(path, 'utf8'))
})
