import { describe, expect, it } from 'vitest'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { nodeClock } from './clock.ts'

const clock = nodeClock()

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

describe('the clock of the process', () => {
  it('counts whole microseconds and never runs backwards', () => {
    let last = clock.now()
    for (let i = 0; i < 10_000; i++) {
      const now = clock.now()
      expect(Number.isSafeInteger(now) && now >= last).toBe(true)
      last = now
    }
  })

  it('never fires a timer early, and fires it once', async () => {
    const early: number[] = []
    let fired = 0
    for (let i = 0; i < 60; i++) {
      const at = (clock.now() + 300 + i * 377) as Instant
      const timer = clock.timer(() => {
        fired++
        if (clock.now() < at) early.push(at - clock.now())
      })
      timer.set(at)
    }
    await until(() => fired >= 60)
    expect(early).toEqual([])
    expect(fired).toBe(60)
  })

  it('replaces what a timer was set to, later or earlier', async () => {
    const laterAt: Instant[] = []
    const earlierAt: Instant[] = []
    const later = clock.timer(() => laterAt.push(clock.now()))
    const earlier = clock.timer(() => earlierAt.push(clock.now()))
    const start = clock.now()
    later.set(addMs(start, 1))
    later.set(addMs(start, 30))
    earlier.set(addMs(start, 60_000))
    earlier.set(addMs(start, 15))
    // Each for itself: a process that stalls for longer than lies between them fires both in one turn.
    await until(() => laterAt.length > 0 && earlierAt.length > 0)
    expect(laterAt).toHaveLength(1)
    expect(laterAt[0]).toBeGreaterThanOrEqual(addMs(start, 30))
    expect(earlierAt).toHaveLength(1)
    expect(earlierAt[0]).toBeGreaterThanOrEqual(addMs(start, 15))
    expect(earlierAt[0]).toBeLessThan(addMs(start, 60_000))
  })

  it('does not fire a timer that was cleared, in any of its states', async () => {
    let wrong = 0
    const timers = Array.from({ length: 4 }, () => clock.timer(() => wrong++))
    const now = clock.now()
    timers[0]!.set(addMs(now, 1))
    timers[0]!.clear()
    timers[1]!.set(now)
    timers[1]!.clear()
    timers[2]!.set(addMs(now, 1))
    timers[2]!.set(NEVER)
    timers[3]!.set(now)
    timers[3]!.set(NEVER)
    let done = false
    clock
      .timer(() => {
        done = true
      })
      .set(addMs(now, 10))
    await until(() => done)
    expect(wrong).toBe(0)
  })

  it('fires a timer that is due already, but not within the call, and can set it again from within', async () => {
    let fires = 0
    const timer = clock.timer(() => {
      if (++fires < 3) timer.set(clock.now())
    })
    timer.set(0 as Instant)
    expect(fires).toBe(0)
    await until(() => fires === 3)
  })

  it('moves a timer away that was already due', async () => {
    const start = clock.now()
    let firedAt = 0
    const timer = clock.timer(() => {
      firedAt = clock.now()
    })
    timer.set(start)
    timer.set(addMs(start, 12))
    await until(() => firedAt > 0)
    expect(firedAt).toBeGreaterThanOrEqual(addMs(start, 12))
  })

  it('takes a timer further away than setTimeout can count', async () => {
    let fired = false
    const timer = clock.timer(() => {
      fired = true
    })
    timer.set(addMs(clock.now(), 2 ** 33))
    let turns = 0
    await until(() => ++turns > 20)
    timer.clear()
    expect(fired).toBe(false)
  })

  it('runs what was asked for soon in order, and what that asked for in the same turn, after what leaves', async () => {
    const order: string[] = []
    clock.soon(() => {
      order.push('first')
      setImmediate(() => order.push('next turn'))
      clock.soon(() => order.push('asked for meanwhile'))
      process.nextTick(() => order.push('a socket is written'))
    })
    clock.soon(() => order.push('second'))
    expect(order).toEqual([])
    await until(() => order.length === 5)
    expect(order).toEqual(['first', 'second', 'a socket is written', 'asked for meanwhile', 'next turn'])
  })

  it('after a few passes the event loop has its turn', async () => {
    const order: string[] = []
    const pass = (number: number) => () => {
      order.push(`pass ${number}`)
      if (number === 1) setImmediate(() => order.push('next turn'))
      clock.soon(pass(number + 1))
    }
    clock.soon(pass(1))
    await until(() => order.includes('next turn'))
    expect(order.slice(0, 4)).toEqual(['pass 1', 'pass 2', 'pass 3', 'next turn'])
  })

  it('a slice of long work has a turn of its own', async () => {
    const order: string[] = []
    clock.nextTurn(() => {
      order.push('slice')
      setImmediate(() => order.push('event of the loop'))
      clock.nextTurn(() => order.push('next slice'))
    })
    await until(() => order.length === 3)
    expect(order).toEqual(['slice', 'event of the loop', 'next slice'])
  })

  it('a call-back that throws takes none of the others with it', async () => {
    const order: string[] = []
    const caught = new Promise<unknown>(resolve => process.once('uncaughtException', resolve))
    clock.soon(() => {
      throw new Error('of the first')
    })
    clock.soon(() => order.push('second'))
    clock.soon(() => order.push('third'))
    expect(await caught).toMatchObject({ message: 'of the first' })
    await until(() => order.length === 2)
    expect(order).toEqual(['second', 'third'])
  })

  it('what a throw in a later pass kept from running comes before what was asked for meanwhile', async () => {
    const order: string[] = []
    const caught = new Promise<unknown>(resolve => process.once('uncaughtException', resolve))
    clock.soon(() => {
      order.push('first pass')
      clock.soon(() => {
        clock.soon(() => order.push('asked for meanwhile'))
        throw new Error('of the second pass')
      })
      clock.soon(() => order.push('second of the pass'))
      clock.soon(() => order.push('third of the pass'))
    })
    expect(await caught).toMatchObject({ message: 'of the second pass' })
    await until(() => order.length === 4)
    expect(order).toEqual(['first pass', 'second of the pass', 'third of the pass', 'asked for meanwhile'])
  })

  it('a chain of soon does not starve timers', async () => {
    let links = 0
    let fired = false
    const chain = (): void => {
      links++
      if (!fired) clock.soon(chain)
    }
    chain()
    clock
      .timer(() => {
        fired = true
      })
      .set(addMs(clock.now(), 5))
    await until(() => fired)
    expect(links).toBeGreaterThan(1)
  })
})
