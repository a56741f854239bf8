import { describe, expect, it } from 'vitest'
import type { Index } from '../../core/ids.ts'
import type { Log } from './log.ts'
import { base, describeGroup, entries, entry, group, LogMachine, SMALL } from './log-machine.conformance.ts'

const index = (value: number) => value as Index
const indexes = (log: Log, id = 1) => log.recovered(group(id)).entries.map(each => each.index)

describe('a log', () => {
  it('is empty when it is new, and knows it', () => {
    const machine = new LogMachine(1)
    const recovered = machine.open().recovered(group(1))
    expect(recovered).toEqual({ promise: undefined, base: undefined, entries: [], doubt: 'none' })
  })

  it('gives back after a power loss everything that became durable', () => {
    const machine = new LogMachine(2)
    const log = machine.open()
    const promise = Uint8Array.of(1, 2, 3)
    machine.persist(log, 1, { promise, base: base(0), writes: entries(1, 4) })
    machine.persist(log, 7, { writes: [entry(5, 'only')] })
    const again = machine.reboot()
    expect(again.recovered(group(1))).toEqual({
      promise,
      base: base(0),
      entries: entries(1, 4),
      doubt: 'none',
    })
    expect(again.recovered(group(7)).entries).toEqual([entry(5, 'only')])
  })

  it('truncates before it writes, keeps the last write to an index, and allows gaps', () => {
    const machine = new LogMachine(3)
    const log = machine.open()
    machine.persist(log, 1, { writes: entries(1, 10) })
    machine.persist(log, 1, { truncateFrom: index(5), writes: [entry(5, 'five'), entry(9, 'nine')] })
    machine.persist(log, 1, { writes: [entry(7, 'seven'), entry(2, 'two'), entry(7, 'seven again')] })
    const expected = [entries(1, 2)[0], entry(2, 'two'), ...entries(3, 5), entry(5, 'five')]
    expect(machine.reboot().recovered(group(1)).entries).toEqual([
      ...expected,
      entry(7, 'seven again'),
      entry(9, 'nine'),
    ])
  })

  it('forgets what a base covers, and writes at or below it', () => {
    const machine = new LogMachine(4)
    const log = machine.open()
    machine.persist(log, 1, { writes: entries(1, 10) })
    machine.persist(log, 1, { base: base(6, 'new members') })
    machine.persist(log, 1, { writes: [entry(4, 'late')] })
    const recovered = machine.reboot().recovered(group(1))
    expect(recovered.base).toEqual(base(6, 'new members'))
    expect(recovered.entries).toEqual(entries(7, 10))
  })

  it('calls back in the order of the calls, over all groups, and only once it is durable', () => {
    const machine = new LogMachine(5)
    const log = machine.open()
    const done: number[] = []
    for (let i = 0; i < 30; i++)
      log.persist(group(i % 3), { writes: entries(i, i + 1, 200) }, () => done.push(i))
    expect(done).toEqual([])
    while (done.length < 30 && machine.clock.step());
    expect(done).toEqual(Array.from({ length: 30 }, (_, i) => i))
  })

  it('makes one durable write of everything that arrives while another is under way', () => {
    const machine = new LogMachine(6, {
      ...SMALL,
      batchBytesMax: 4096,
      segmentBytes: 65536,
      firstSegmentBytes: 65536,
    })
    const log = machine.open()
    let writes = 0
    machine.disk.onStep = ({ operation }) => {
      if (operation === 'writeSynced') writes++
    }
    const done: number[] = []
    log.persist(group(1), { writes: [entry(1)] }, () => done.push(1))
    while (writes === 0) machine.clock.step()
    for (let i = 2; i < 12; i++) log.persist(group(i % 4), { writes: [entry(i)] }, () => done.push(i))
    machine.clock.runUntilIdle()
    expect(done.length).toBe(11)
    expect(writes).toBe(2)
  })

  it('splits what waits into batches of bounded size', () => {
    const machine = new LogMachine(7, { ...SMALL, segmentBytes: 65536, firstSegmentBytes: 65536 })
    const log = machine.open()
    let writes = 0
    machine.disk.onStep = ({ operation }) => {
      if (operation === 'writeSynced') writes++
    }
    for (let i = 0; i < 20; i++) log.persist(group(1), { writes: entries(i, i + 1, 455) }, () => {})
    machine.clock.runUntilIdle()
    expect(writes).toBeGreaterThanOrEqual((20 * 500) / (SMALL.batchBytesMax + 500))
  })

  it('takes an update that is larger than a segment, whole', () => {
    const machine = new LogMachine(8)
    const log = machine.open()
    machine.persist(log, 1, { writes: entries(1, 40, 500) })
    machine.persist(log, 1, { writes: entries(40, 50, 500) })
    expect(machine.reboot().recovered(group(1)).entries).toEqual(entries(1, 50, 500))
  })

  it('goes on after a clean shutdown, again and again', () => {
    const machine = new LogMachine(9)
    for (let i = 1; i < 40; i++) {
      const log = machine.open()
      const recovered = log.recovered(group(1))
      expect(recovered.entries).toEqual(entries(1, i))
      expect(recovered.doubt).toBe('none')
      machine.persist(log, 1, { writes: entries(i, i + 1) })
      machine.close(log)
    }
    for (let i = 0; i < 10; i++) machine.close(machine.open())
    expect(indexes(machine.reboot())).toEqual(Array.from({ length: 39 }, (_, i) => i + 1))
  })

  it('loads entries from the disk, by count of bytes, up to a gap', () => {
    const machine = new LogMachine(10)
    const log = machine.open()
    for (let i = 1; i < 60; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 100) })
    machine.persist(log, 1, { writes: entries(62, 64), base: base(3) })
    const load = (from: number, to: number, bytesMax = 1e9) =>
      log.load(group(1), index(from), index(to), bytesMax)
    expect(load(4, 60)).toEqual(entries(4, 60, 100))
    expect(load(50, 100)).toEqual(entries(50, 60, 100))
    expect(load(62, 63)).toEqual(entries(62, 63))
    expect(load(10, 20, 450)).toEqual(entries(10, 13, 100))
    expect(load(10, 20, 0)).toEqual(entries(10, 11, 100))
    expect(load(3, 10)).toEqual([])
    expect(load(60, 70)).toEqual([])
    expect(log.load(group(9), index(1), index(2), 100)).toEqual([])
  })

  it('loads what is on its way to the disk as it will be', () => {
    const machine = new LogMachine(11)
    const log = machine.open()
    machine.persist(log, 1, { writes: entries(1, 10) })
    const load = (from: number, to: number) => log.load(group(1), index(from), index(to), 1e9)
    log.persist(group(1), { truncateFrom: index(8), writes: [entry(8, 'new')] }, () => {})
    log.persist(group(1), { writes: [entry(9, 'newer'), entry(10, 'newest')], base: base(2) }, () => {})
    const expected = [...entries(3, 8), entry(8, 'new'), entry(9, 'newer'), entry(10, 'newest')]
    expect(load(3, 20)).toEqual(expected)
    expect(load(2, 20)).toEqual([])
    machine.clock.runUntilIdle()
    expect(load(3, 20)).toEqual(expected)
    log.persist(group(1), { truncateFrom: index(5) }, () => {})
    expect(load(4, 20)).toEqual(entries(4, 5))
  })

  it('keeps few segments, however much is written, when bases follow', () => {
    const machine = new LogMachine(12)
    const log = machine.open()
    for (let i = 1; i < 300; i++) {
      machine.persist(log, 1, { writes: entries(i, i + 1, 300), ...(i % 10 === 0 && { base: base(i - 5) }) })
    }
    expect(machine.segments().length).toBeLessThanOrEqual(4)
    expect(indexes(machine.reboot())).toEqual(Array.from({ length: 14 }, (_, i) => 286 + i))
  })

  it('does not let an idle group hold old segments: its promise, base and small tail move along', () => {
    const machine = new LogMachine(13)
    const log = machine.open()
    const idle = { promise: Uint8Array.of(9), base: base(5), writes: entries(6, 9) }
    machine.persist(log, 2, idle)
    machine.persist(log, 3, { promise: Uint8Array.of(7) })
    for (let i = 1; i < 300; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 300), base: base(i) })
    expect(machine.segments().length).toBeLessThanOrEqual(3)
    expect(log.load(group(2), index(6), index(9), 1e9)).toEqual(idle.writes)
    const again = machine.reboot()
    expect(again.recovered(group(2))).toEqual({
      promise: idle.promise,
      base: idle.base,
      entries: idle.writes,
      doubt: 'none',
    })
    expect(again.recovered(group(3)).promise).toEqual(Uint8Array.of(7))
  })

  it('keeps the segments of a group whose tail is too large to move', () => {
    const machine = new LogMachine(14)
    const log = machine.open()
    machine.persist(log, 2, { writes: entries(1, 10, 300) })
    const holder = machine.segments().at(-1)
    for (let i = 1; i < 100; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 300), base: base(i) })
    expect(machine.segments()[0]).toBe(holder)
    expect(machine.segments().length).toBeGreaterThan(3)
    expect(log.load(group(2), index(1), index(10), 1e9)).toEqual(entries(1, 10, 300))
    machine.persist(log, 2, { base: base(9) })
    machine.persist(log, 1, { base: base(99) })
    expect(machine.segments().length).toBeLessThanOrEqual(2)
  })

  it('keeps nothing of the arrays that it was given', () => {
    const machine = new LogMachine(15)
    const log = machine.open()
    const promise = Uint8Array.of(1, 2, 3)
    const configuration = Uint8Array.of(4)
    machine.persist(log, 1, { promise, base: { ...base(0), configuration } })
    promise.fill(0)
    configuration.fill(0)
    for (let i = 1; i < 100; i++) machine.persist(log, 2, { writes: entries(i, i + 1, 300), base: base(i) })
    const recovered = machine.reboot().recovered(group(1))
    expect(recovered.promise).toEqual(Uint8Array.of(1, 2, 3))
    expect(recovered.base?.configuration).toEqual(Uint8Array.of(4))
  })

  it('hands out what was recovered once per group', () => {
    const log = new LogMachine(16).open()
    log.recovered(group(1))
    expect(() => log.recovered(group(1))).toThrow('once per group')
  })

  it('says the same of a group before and after its segments were rolled', () => {
    const machine = new LogMachine(17)
    let log = machine.open()
    for (let i = 1; i < 25; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 400) })
    const before = describeGroup(machine.reboot().recovered(group(1)))
    log = machine.reboot()
    for (let i = 1; i < 25; i++) machine.persist(log, 2, { writes: entries(i, i + 1, 400) })
    expect(describeGroup(machine.reboot().recovered(group(1)))).toBe(before)
  })
})
