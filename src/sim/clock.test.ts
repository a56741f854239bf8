import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomFromSeed } from '../core/prng.ts'
import { type Instant, NEVER } from '../core/time.ts'
import { SimulatedClock } from './clock.ts'
import { EventQueue, QueuedEvent } from './event-queue.ts'

const at = (microseconds: number) => microseconds as Instant

function logger(): { log: string[]; note: (what: string) => () => void } {
  const log: string[] = []
  return { log, note: what => () => void log.push(what) }
}

test('time jumps from event to event, and equal times keep the order of asking', () => {
  const clock = new SimulatedClock()
  const seen: string[] = []
  clock.at(at(50), () => seen.push(`late ${clock.now()}`))
  clock.at(at(7), () => seen.push(`first ${clock.now()}`))
  clock.at(at(7), () => seen.push(`second ${clock.now()}`))
  clock.runUntilIdle()
  expect(seen).toEqual(['first 7', 'second 7', 'late 50'])
})

test('soon runs after everything due at the instant and before time advances, in order', () => {
  const clock = new SimulatedClock()
  const { log, note } = logger()
  clock.at(at(5), () => {
    clock.soon(() => {
      log.push('soon 1')
      clock.soon(note('soon of soon'))
      clock.at(at(5), note('event of soon'))
    })
    clock.soon(note('soon 2'))
  })
  clock.at(at(5), note('event'))
  clock.at(at(6), note('next instant'))
  clock.runUntilIdle()
  expect(log).toEqual(['event', 'soon 1', 'soon 2', 'event of soon', 'soon of soon', 'next instant'])
})

test('a timer fires once, may be set anew, and NEVER clears it', () => {
  const clock = new SimulatedClock()
  const { log, note } = logger()
  const timer = clock.timer(note('fired'))
  timer.set(at(10))
  timer.set(at(20))
  clock.runUntil(at(15))
  expect(log).toEqual([])
  clock.runUntil(at(30))
  expect(log).toEqual(['fired'])
  timer.set(at(40))
  timer.set(NEVER)
  clock.runUntilIdle()
  expect(log).toEqual(['fired'])
})

test('a timer set in the past fires now, not before', () => {
  const clock = new SimulatedClock()
  clock.runUntil(at(100))
  const fired: number[] = []
  clock.timer(() => fired.push(clock.now())).set(at(3))
  clock.runUntilIdle()
  expect(fired).toEqual([100])
})

test('runUntil leaves the clock at its limit, runUntilTrue at the step that made it true', () => {
  const clock = new SimulatedClock()
  let count = 0
  for (const when of [10, 20, 30]) clock.at(at(when), () => count++)
  expect(clock.runUntilTrue(() => count === 2, at(1000))).toBe(true)
  expect(clock.now()).toBe(20)
  expect(clock.runUntilTrue(() => count === 9, at(25))).toBe(false)
  clock.runUntil(at(25))
  expect(clock.now()).toBe(25)
  expect(count).toBe(2)
})

test('a loop that never lets time advance is found', () => {
  const clock = new SimulatedClock()
  const again = () => clock.soon(again)
  again()
  expect(() => clock.runUntilIdle()).toThrow('time advances')
})

test('a paused node runs late and in order, and its timers can still be cleared then', () => {
  const clock = new SimulatedClock()
  const node = clock.node()
  const { log, note } = logger()
  const second = node.timer(note('second'))
  node
    .timer(() => {
      log.push(`first ${node.now()}`)
      second.clear()
    })
    .set(at(10))
  second.set(at(20))
  node.timer(note('third')).set(at(30))
  node.soon(note('soon'))
  node.pause()
  clock.runUntil(at(100))
  expect(log).toEqual([])
  node.resume()
  clock.runUntilIdle()
  expect(log).toEqual(['soon', 'first 100', 'third'])
})

test('a timer that came due during a pause and is cleared before its end does not fire', () => {
  const clock = new SimulatedClock()
  const node = clock.node()
  const { log, note } = logger()
  const timer = node.timer(note('fired'))
  timer.set(at(10))
  node.pause()
  clock.runUntil(at(20))
  timer.clear()
  node.resume()
  clock.runUntilIdle()
  expect(log).toEqual([])
})

test('a timer that came due during a pause and is set anew fires once, at its new time', () => {
  const clock = new SimulatedClock()
  const node = clock.node()
  const fired: Instant[] = []
  const timer = node.timer(() => fired.push(clock.now()))
  timer.set(at(10))
  node.pause()
  clock.runUntil(at(20))
  timer.set(at(50))
  node.resume()
  clock.runUntilIdle()
  expect(fired).toEqual([50])
})

test('nothing of a dead node ever runs', () => {
  const clock = new SimulatedClock()
  const node = clock.node()
  const { log, note } = logger()
  const timer = node.timer(note('timer'))
  timer.set(at(10))
  node.soon(note('soon'))
  node.at(at(5), note('event'))
  node.kill()
  timer.set(at(20))
  node.resume()
  clock.runUntilIdle()
  expect(log).toEqual([])
  expect(node.state).toBe('dead')
})

test('a node that catches its own errors does not stop the world', () => {
  const clock = new SimulatedClock()
  const caught: unknown[] = []
  const node = clock.node({ caught: error => caught.push(error) })
  const failure = new Error('broken')
  node.at(at(1), () => {
    throw failure
  })
  clock.runUntilIdle()
  expect(caught).toEqual([failure])
  clock.node().at(at(2), () => {
    throw failure
  })
  expect(() => clock.runUntilIdle()).toThrow('broken')
})

test('a fast clock fires early and a slow one late, by true time', () => {
  const clock = new SimulatedClock()
  const fired: string[] = []
  const fast = clock.node({ drift: { numerator: 11, denominator: 10 } })
  const slow = clock.node({ drift: { numerator: 9, denominator: 10 }, startsAt: at(1_000_000) })
  fast.timer(() => fired.push(`fast ${clock.now()}`)).set(at(1100))
  slow.timer(() => fired.push(`slow ${clock.now()}`)).set(at(1_000_900))
  clock.runUntil(at(999))
  expect(fired).toEqual([])
  clock.runUntilIdle()
  expect(fired).toEqual(['fast 1000', 'slow 1000'])
  expect([fast.now(), slow.now()]).toEqual([1100, 1_000_900])
})

test('local time never runs backwards and a timer never fires before its local time, whatever the drifts', () => {
  const part = fc.integer({ min: 1, max: 10_000_000 })
  const run = (changes: [number, number, number][], wait: number) => {
    const clock = new SimulatedClock()
    const node = clock.node({ startsAt: at(17) })
    let firedAt = -1
    const target = at(17 + wait)
    node.timer(() => (firedAt = node.now())).set(target)
    let before = node.now()
    for (const [numerator, denominator, stretch] of changes) {
      node.setDrift({ numerator, denominator })
      expect(node.now()).toBeGreaterThanOrEqual(before)
      clock.runFor(stretch)
      expect(node.now()).toBeGreaterThanOrEqual(before)
      before = node.now()
    }
    node.setDrift({ numerator: 1, denominator: 1 })
    clock.runUntilIdle()
    expect(firedAt).toBeGreaterThanOrEqual(target)
  }
  fc.assert(fc.property(fc.array(fc.tuple(part, part, fc.nat(1e6)), { maxLength: 5 }), fc.nat(1e7), run), {
    numRuns: 300,
  })
})

test('a wall clock steps either way, and nothing else moves', () => {
  const clock = new SimulatedClock()
  const node = clock.node({ wallOffsetMs: 5 })
  const begin = node.wallMs()
  clock.runFor(3000)
  expect(node.wallMs() - begin).toBe(3)
  node.stepWall(-60_000)
  expect(node.wallMs() - begin).toBe(3 - 60_000)
  expect(node.now()).toBe(3000)
})

test('the queue agrees with a sorted list under pushes, moves and removals', () => {
  const random = randomFromSeed(1)
  const queue = new EventQueue<QueuedEvent>()
  const events = Array.from({ length: 40 }, () => new QueuedEvent(() => {}))
  for (let round = 0; round < 20_000; round++) {
    const event = events[random.below(events.length)]!
    const choice = random.below(4)
    if (choice < 2) queue.push(event, at(random.below(30)))
    else if (choice === 2) queue.remove(event)
    else {
      const queued = events.filter(one => one.isQueued)
      const first = queued.sort((a, b) => a.at - b.at || a.sequence - b.sequence)[0]
      expect(queue.size).toBe(queued.length)
      expect(queue.pop()).toBe(first)
    }
  }
})
