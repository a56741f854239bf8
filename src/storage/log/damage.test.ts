/** The case table of DESIGN.md, a test for each row. */
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import type { Index } from '../../core/ids.ts'
import { BATCH_HEADER_BYTES, readBatchHeader, writeBatchHeader } from './batch-header.ts'
import { base, entries, entry, group, LogMachine, SMALL } from './log-machine.conformance.ts'

const DIRECTORY = 'node/log'
const BLOCK = SMALL.alignmentBytes

function path(name: string): string {
  return `${DIRECTORY}/${name}`
}

function code(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof QuorateError) return error.code
    throw error
  }
  return 'none'
}

/** Where the batches of a segment start, by following their lengths. */
function batchOffsets(machine: LogMachine, name: string): number[] {
  const bytes = machine.disk.image().get(path(name))!
  const { alignmentBytes } = machine.limits
  const offsets: number[] = []
  let at = alignmentBytes
  for (;;) {
    const header = readBatchHeader(bytes.subarray(at), crc32c)
    if (header === undefined) return offsets
    offsets.push(at)
    at += Math.ceil((BATCH_HEADER_BYTES + header.payloadBytes) / alignmentBytes) * alignmentBytes
  }
}

function edit(
  machine: LogMachine,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): void {
  const bytes = machine.disk.image().get(path(name))!
  machine.disk.restore(path(name), change(bytes) ?? bytes)
}

/** Puts another batch in the place of one, intact in itself. */
function exchange(machine: LogMachine, name: string, offset: number): void {
  edit(machine, name, bytes => {
    const batch = bytes.subarray(offset)
    const header = readBatchHeader(batch, crc32c)!
    const payload = batch.subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + header.payloadBytes)
    payload[payload.length - 1] = 99
    writeBatchHeader(batch, { ...header, payloadChecksum: crc32c(payload) }, crc32c)
    return bytes
  })
}

/** A log in one segment: after the first batch (the carried one) come batches with entry 1, 2 and 3. */
function oneSegment(seed = 1): { machine: LogMachine; name: string; offsets: number[] } {
  const machine = new LogMachine(seed, { ...SMALL, segmentBytes: 8192, firstSegmentBytes: 8192 })
  const log = machine.open()
  for (let i = 1; i <= 3; i++) {
    machine.persist(log, 1, { writes: entries(i, i + 1, 600), promise: Uint8Array.of(i) })
  }
  machine.disk.crash()
  const name = '00000001.log'
  return { machine, name, offsets: batchOffsets(machine, name) }
}

/** A log whose entries fill several segments, all of them needed. */
function manySegments(): LogMachine {
  const machine = new LogMachine(2)
  const log = machine.open()
  for (let i = 1; i <= 20; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 400) })
  machine.disk.crash()
  return machine
}

function found(machine: LogMachine): { last: number; isAmbiguous: boolean } {
  const { entries, doubt } = machine.open().recovered(group(1))
  return { last: entries.at(-1)?.index ?? 0, isAmbiguous: doubt === 'tail' }
}

/** Expects a refusal that names the file and the place, and a disk that was left as it was. */
function expectDamage(machine: LogMachine, name: string, offset: number): void {
  const before = machine.disk.image()
  let error: unknown
  try {
    machine.open()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(QuorateError)
  expect((error as QuorateError).code).toBe('QUORATE_LOG_DAMAGED')
  expect((error as QuorateError).message).toContain(`${path(name)} at offset ${offset}: `)
  expect(machine.disk.image()).toEqual(before)
}

describe('the end of the last segment', () => {
  it('is clean when nothing but zeros follows the last batch', () => {
    const { machine } = oneSegment()
    expect(found(machine)).toEqual({ last: 3, isAmbiguous: false })
  })

  it('is ambiguous when a sector of the last batch is missing: the batch is discarded', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.fill(0, offsets[3]! + 512, offsets[3]! + 1024))
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })

  it('is ambiguous when the first sector of the last batch is missing and another is there', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.fill(0, offsets[3]!, offsets[3]! + 512))
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })

  it('is ambiguous when a bit of the last batch has flipped', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[3]! + 100)
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })

  it('looks clean when the last batch has vanished whole: the one loss that one disk cannot notice', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.fill(0, offsets[3]!))
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: false })
  })

  it('tells every group of an ambiguous end, even those that it does not know', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[3]! + 100)
    const log = machine.open()
    expect(log.recovered(group(1)).doubt).toBe('tail')
    expect(log.recovered(group(99)).doubt).toBe('tail')
  })

  it('stays ambiguous over restarts, until the group has made a promise durable', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[3]! + 100)
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
    let log = machine.reboot()
    expect(log.recovered(group(1)).doubt).toBe('tail')
    machine.persist(log, 1, { writes: entries(3, 4) })
    // Fill segments, so that only what is carried forward can tell.
    for (let i = 0; i < 40; i++) machine.persist(log, 2, { writes: entries(1, 2, 400) })
    log = machine.reboot()
    expect(log.recovered(group(1)).doubt).toBe('tail')
    machine.persist(log, 1, { promise: Uint8Array.of(9) })
    log = machine.reboot()
    expect(log.recovered(group(1)).doubt).toBe('none')
    expect(log.recovered(group(2)).doubt).toBe('tail')
    for (let i = 0; i < 40; i++) machine.persist(log, 2, { writes: entries(1, 2, 400) })
    expect(machine.reboot().recovered(group(1)).doubt).toBe('none')
  })

  it('is known to a group that made a promise durable, also when only carried state can tell', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[3]! + 100)
    const log = machine.open()
    machine.persist(log, 1, { promise: Uint8Array.of(9) })
    const discarded = machine.segments().at(-1)!
    for (let i = 0; i < 40; i++) machine.persist(log, 1, { writes: entries(9, 10, 400), base: base(8) })
    expect(machine.segments()).not.toContain(discarded)
    expect(machine.reboot().recovered(group(1)).doubt).toBe('none')
  })

  it('never brings back what was discarded', () => {
    const { machine, name, offsets } = oneSegment()
    const whole = machine.disk.image().get(path(name))!
    machine.disk.rot(path(name), offsets[3]! + 100)
    const log = machine.open()
    machine.persist(log, 1, { writes: [entry(3, 'another')] })
    machine.disk.crash()
    // The sector heals: the discarded batch is intact again.
    machine.disk.restore(path(name), whole)
    expect(machine.open().recovered(group(1)).entries.at(-1)).toEqual(entry(3, 'another'))
  })

  it('does not take a batch of another segment, or of an earlier life of the file, for one of its own', () => {
    const { machine, name, offsets } = oneSegment()
    const stranger = oneSegment(99)
    const theirs = stranger.machine.disk.image().get(path(name))!
    const third = offsets[3]!
    edit(machine, name, bytes => void bytes.fill(0, third).set(theirs.subarray(third, third + 1024), third))
    expect(stranger.offsets).toEqual(offsets)
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })

  it('does not take a batch that landed in the wrong place for one that belongs there', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => {
      const moved = bytes.slice(offsets[3]!, offsets[3]! + 1024)
      bytes.fill(0, offsets[3]!)
      bytes.set(moved, offsets[3]! + 1024)
    })
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })
})

describe('a batch that landed twice', () => {
  it('does not count where it does not belong, be it right behind itself', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.copyWithin(offsets[3]! + 1024, offsets[3]!, offsets[3]! + 1024))
    expect(found(machine)).toEqual({ last: 3, isAmbiguous: true })
  })
})

describe('the end of a large segment', () => {
  it('is ambiguous whatever lies however far behind the last batch', () => {
    const segmentBytes = 4 * 1024 * 1024
    const limits = { ...SMALL, alignmentBytes: 4096, segmentBytes, firstSegmentBytes: segmentBytes }
    const machine = new LogMachine(1, limits)
    machine.persist(machine.open(), 1, { writes: entries(1, 3) })
    machine.disk.rot(path('00000001.log'), segmentBytes - 1)
    expect(found(machine)).toEqual({ last: 2, isAmbiguous: true })
  })
})

describe('damage below what is known to have been durable', () => {
  it('stops the start when a bit of a batch before the last has flipped', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[2]! + 100)
    expectDamage(machine, name, offsets[2]!)
  })

  it('stops the start when the last two batches are damaged: the header of the last is proof enough', () => {
    const { machine, name, offsets } = oneSegment()
    machine.disk.rot(path(name), offsets[2]! + 100)
    machine.disk.rot(path(name), offsets[3]! + BATCH_HEADER_BYTES + 100)
    expectDamage(machine, name, offsets[2]!)
  })

  it('stops the start when a batch before the last has vanished', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.fill(0, offsets[2]!, offsets[3]!))
    expectDamage(machine, name, offsets[2]!)
  })

  it('stops the start when an older version of a batch stands where a newer one should', () => {
    const { machine, name, offsets } = oneSegment()
    edit(machine, name, bytes => void bytes.copyWithin(offsets[2]!, offsets[1]!, offsets[2]!))
    expectDamage(machine, name, offsets[2]!)
  })

  it('stops the start when a batch was exchanged for another, intact in itself', () => {
    const { machine, name, offsets } = oneSegment()
    exchange(machine, name, offsets[2]!)
    expectDamage(machine, name, offsets[3]!)
  })

  it('stops the start when the last batch of an earlier segment was exchanged', () => {
    const machine = manySegments()
    const [first] = machine.segments() as [string]
    // The mark that follows it is not needed, the next segment says where this one ends.
    const offsets = batchOffsets(machine, first)
    exchange(machine, first, offsets.at(-2)!)
    expectDamage(machine, first, offsets.at(-1)!)
  })

  it('stops the start when the last batch is damaged and a clean end follows it', () => {
    const { machine, name, offsets } = oneSegment()
    machine.close(machine.open())
    machine.disk.rot(path(name), offsets[3]! + 100)
    expectDamage(machine, name, offsets[3]!)
  })

  it('does not mind which when it is the mark of the clean end itself that is damaged', () => {
    const { machine, name } = oneSegment()
    machine.close(machine.open())
    machine.disk.rot(path(name), batchOffsets(machine, name).at(-1)! + 20)
    expect(found(machine)).toEqual({ last: 3, isAmbiguous: true })
  })

  it('stops the start when the first batch of a segment is damaged: it was there before the name', () => {
    const { machine, name } = oneSegment()
    edit(machine, name, bytes => void bytes.fill(0, BLOCK))
    expectDamage(machine, name, BLOCK)
  })

  it('stops the start wherever in an earlier segment it is, be it the last batch there', () => {
    const machine = manySegments()
    const [first] = machine.segments() as [string]
    const last = batchOffsets(machine, first).findLast((_, i, all) => i === all.length - 2)!
    machine.disk.rot(path(first), last + 60)
    expectDamage(machine, first, last)
  })
})

describe('segment files', () => {
  it('must all be there from the oldest that is needed: one of the middle is missing', () => {
    const machine = manySegments()
    const name = machine.segments()[1]!
    machine.disk.remove(path(name))
    expectDamage(machine, name, 0)
  })

  it('must all be there from the oldest that is needed: the first is missing', () => {
    const machine = manySegments()
    const name = machine.segments()[0]!
    machine.disk.remove(path(name))
    expectDamage(machine, name, 0)
  })

  it('must all be there up to the newest: the one before says that another follows', () => {
    const machine = manySegments()
    const names = machine.segments()
    machine.disk.remove(path(names.at(-1)!))
    const before = names.at(-2)!
    const offsets = batchOffsets(machine, before)
    expectDamage(machine, before, offsets.at(-1)! + BLOCK)
  })

  it('may not be copies of each other', () => {
    const machine = manySegments()
    const [first, second] = machine.segments() as [string, string]
    machine.disk.restore(path(second), machine.disk.image().get(path(first))!)
    expectDamage(machine, second, 0)
  })

  it('may not be a copy under the next free name', () => {
    const machine = manySegments()
    const last = machine.segments().at(-1)!
    const next = `${(Number.parseInt(last, 16) + 1).toString(16).padStart(8, '0')}.log`
    machine.disk.restore(path(next), machine.disk.image().get(path(last))!)
    expectDamage(machine, next, 0)
  })

  it('may not come from another log', () => {
    const machine = manySegments()
    const other = new LogMachine(77)
    const log = other.open()
    for (let i = 1; i <= 20; i++) other.persist(log, 1, { writes: entries(i, i + 1, 400) })
    const [first, second] = machine.segments() as [string, string]
    machine.disk.restore(path(second), other.disk.image().get(path(second))!)
    expectDamage(machine, first, 0)
  })

  it('may not be empty, cut off, or without a header', () => {
    const cut = manySegments()
    const [, second] = cut.segments() as [string, string]
    edit(cut, second, bytes => bytes.slice(0, bytes.length - 1))
    expectDamage(cut, second, 0)
    const empty = manySegments()
    edit(empty, empty.segments().at(-1)!, () => new Uint8Array(0))
    expectDamage(empty, empty.segments().at(-1)!, 0)
    const { machine, name } = oneSegment()
    machine.disk.rot(path(name), 30)
    expectDamage(machine, name, 0)
  })

  it('may be left over from before, whatever they hold: they are removed', () => {
    const machine = new LogMachine(3)
    const log = machine.open()
    for (let i = 1; i <= 40; i++)
      machine.persist(log, 1, { writes: entries(i, i + 1, 400), base: base(i - 1) })
    const names = machine.segments()
    machine.disk.crash()
    machine.disk.restore(path('prepared'), new Uint8Array(100).fill(7))
    machine.disk.restore(path('00000001.log'), new Uint8Array(100).fill(7))
    expect(machine.open().recovered(group(1)).entries).toEqual(entries(40, 41, 400))
    expect(machine.disk.list(DIRECTORY).filter(name => !names.includes(name))).toEqual([])
  })

  it('of a newer format are refused as such', () => {
    const { machine, name } = oneSegment()
    edit(machine, name, bytes => {
      new DataView(bytes.buffer).setUint32(8, 2, true)
      new DataView(bytes.buffer).setUint32(60, crc32c(bytes.subarray(0, 60)), true)
    })
    expect(code(() => machine.open())).toBe('QUORATE_LOG_FORMAT')
  })
})

describe('a disk that fails', () => {
  it('halts the node when a sync fails, and nothing is acknowledged any more', () => {
    const { machine } = oneSegment()
    const log = machine.open()
    const done: number[] = []
    machine.disk.faults.failNext('sync')
    log.persist(group(1), { writes: entries(4, 5) }, () => done.push(4))
    expect(code(() => machine.clock.runUntilIdle())).toBe('QUORATE_LOG_WRITE_FAILED')
    log.persist(group(1), { writes: entries(5, 6) }, () => done.push(5))
    machine.clock.runUntilIdle()
    expect(done).toEqual([])
  })

  it('halts the node when a write fails', () => {
    const { machine } = oneSegment()
    const log = machine.open()
    machine.disk.faults.failNext('write')
    expect(code(() => machine.persist(log, 1, { writes: entries(4, 5) }))).toBe('QUORATE_LOG_WRITE_FAILED')
  })

  it('halts the node with a code of its own when the disk is full', () => {
    const machine = new LogMachine(4)
    const log = machine.open()
    machine.disk.faults.capacityBytes = 10_000
    const fill = () => {
      for (let i = 1; i < 100; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 400) })
    }
    expect(code(fill)).toBe('QUORATE_DISK_FULL')
    expect(machine.halted).toBeInstanceOf(QuorateError)
    machine.disk.faults.heal()
    machine.disk.kill()
    expect(machine.open().recovered(group(1)).entries).not.toEqual([])
  })

  it('halts the node when a new segment cannot be named durably', () => {
    const machine = new LogMachine(5)
    const log = machine.open()
    machine.disk.faults.failNext('syncDirectory')
    const fill = () => {
      for (let i = 1; i < 100; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 400) })
    }
    expect(code(fill)).toBe('QUORATE_LOG_WRITE_FAILED')
  })

  it('makes durable what it recovers, though an earlier sync of it failed and its pages look clean', () => {
    for (let seed = 1; seed < 40; seed++) {
      const { machine } = oneSegment(seed)
      const log = machine.open()
      machine.disk.faults.failNext('sync')
      expect(code(() => machine.persist(log, 1, { writes: entries(4, 5) }))).toBe('QUORATE_LOG_WRITE_FAILED')
      // The process dies, the machine lives: the page cache shows the batch, the platter may not have it.
      machine.disk.kill()
      expect(found(machine).last).toBe(4)
      machine.disk.crash()
      expect(found(machine)).toEqual({ last: 4, isAmbiguous: false })
    }
  })

  it('keeps what the last batch says is not needed until that batch is durable', () => {
    for (let seed = 1; seed < 40; seed++) {
      const machine = new LogMachine(seed)
      const log = machine.open()
      for (let i = 1; i <= 20; i++) machine.persist(log, 1, { writes: entries(i, i + 1, 600) })
      // The next batch is the first to say so.
      machine.persist(log, 1, { base: base(15) })
      machine.disk.faults.failNext('sync')
      expect(code(() => machine.persist(log, 1, { writes: entries(21, 22) }))).toBe(
        'QUORATE_LOG_WRITE_FAILED',
      )
      machine.disk.kill()
      machine.disk.faults.failNext('sync')
      expect(code(() => machine.open())).toBe('QUORATE_LOG_WRITE_FAILED')
      machine.disk.crash()
      expect(found(machine).last).toBeGreaterThanOrEqual(20)
    }
  })

  it('halts the node when damage is found while it runs, and serves nothing of it', () => {
    const { machine, name, offsets } = oneSegment()
    const log = machine.open()
    machine.disk.rot(path(name), offsets[2]! + 100)
    const load = () => log.load(group(1), 1 as Index, 4 as Index, 1e9)
    expect(code(load)).toBe('QUORATE_LOG_DAMAGED')
    expect((machine.halted as QuorateError).code).toBe('QUORATE_LOG_DAMAGED')
  })

  it('lets go of a log in which damage was found, so that it can be begun anew', () => {
    const { machine, name, offsets } = oneSegment()
    const log = machine.open()
    machine.disk.rot(path(name), offsets[2]! + 100)
    expect(code(() => log.load(group(1), 1 as Index, 4 as Index, 1e9))).toBe('QUORATE_LOG_DAMAGED')
    machine.close(log)
  })

  it('stops the start, and the node, when it cannot be read', () => {
    const { machine } = oneSegment()
    machine.disk.faults.failNext('read')
    expect(code(() => machine.open())).toBe('QUORATE_LOG_READ_FAILED')
    const log = machine.open()
    machine.disk.faults.failNext('read')
    expect(code(() => log.load(group(1), 1 as Index, 4 as Index, 1e9))).toBe('QUORATE_LOG_READ_FAILED')
  })

  it('is found out when it misdirects or loses an acknowledged write that another followed', () => {
    const faults = [
      (machine: LogMachine) => machine.disk.faults.loseNextWrite(),
      (machine: LogMachine) => machine.disk.faults.loseNextWrite(undefined, 1),
      (machine: LogMachine) => machine.disk.faults.misdirectNextWrite(BLOCK),
      (machine: LogMachine) => machine.disk.faults.misdirectNextWrite(-BLOCK),
    ]
    for (const fault of faults) {
      const { machine } = oneSegment()
      const log = machine.open()
      fault(machine)
      machine.persist(log, 1, { writes: entries(4, 5, 600) })
      machine.persist(log, 1, { writes: entries(5, 6, 600) })
      machine.disk.crash()
      expect(code(() => machine.open())).toBe('QUORATE_LOG_DAMAGED')
    }
  })
})
