/** Every byte of a small log, one after the other, with a bit of it flipped. */
import { describe, expect, it } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import type { Index } from '../../core/ids.ts'
import { base, describeGroup, entries, entry, group, LogMachine, SMALL } from './log-machine.conformance.ts'

describe('a single flipped bit', () => {
  /** Two small segments, and a last batch of several blocks. */
  function small(): { machine: LogMachine; whole: string; withoutLast: string } {
    const limits = { ...SMALL, alignmentBytes: 64, segmentBytes: 1024, firstSegmentBytes: 512 }
    const machine = new LogMachine(6, limits)
    const log = machine.open()
    machine.persist(log, 1, { promise: Uint8Array.of(1), base: base(0), writes: entries(1, 3) })
    machine.persist(log, 2, { promise: Uint8Array.of(2), writes: entries(1, 2) })
    machine.persist(log, 1, { truncateFrom: 2 as Index, writes: entries(2, 4) })
    const withoutLast = describeAll(machine)
    machine.persist(machine.reboot(), 2, { writes: [entry(2, 'the last batch')], base: base(1) })
    return { machine, whole: describeAll(machine), withoutLast }
  }

  function describeAll(machine: LogMachine): string {
    const log = machine.reboot()
    return [1, 2].map(id => describeGroup(log.recovered(group(id)))).join('\n')
  }

  /** Opens the log once for every byte, with a bit of it flipped; counts what came of it. */
  function flipEach(machine: LogMachine, allowed: { whole: string; withoutLast: string }) {
    machine.disk.crash()
    const image = machine.disk.image()
    expect(image.size).toBe(2)
    const outcomes = { refused: 0, ambiguous: 0, harmless: 0 }
    for (const [name, content] of image) {
      for (let at = 0; at < content.length; at++) {
        for (const other of machine.disk.image().keys()) machine.disk.remove(other)
        for (const [other, bytes] of image) machine.disk.restore(other, bytes)
        machine.disk.rot(name, at, 1 << (at % 8))
        const outcome = openFlipped(machine, allowed)
        if (outcome === 'wrong') throw new Error(`wrong content: ${name} at ${at}`)
        outcomes[outcome]++
      }
    }
    return outcomes
  }

  function openFlipped(machine: LogMachine, allowed: { whole: string; withoutLast: string }) {
    try {
      const log = machine.open()
      const recovered = [1, 2].map(id => log.recovered(group(id)))
      const look = recovered.map(describeGroup).join('\n')
      if (recovered[0]!.doubt === 'none') return look === allowed.whole ? 'harmless' : 'wrong'
      return look === allowed.whole || look === allowed.withoutLast ? 'ambiguous' : 'wrong'
    } catch (error) {
      if (error instanceof QuorateError && error.code === 'QUORATE_LOG_DAMAGED') return 'refused'
      throw error
    }
  }

  it('anywhere in the log is refused, told as ambiguous, or changes nothing', () => {
    const { machine, whole, withoutLast } = small()
    const outcomes = flipEach(machine, { whole, withoutLast })
    expect(outcomes.refused).toBeGreaterThan(500)
    expect(outcomes.ambiguous).toBeGreaterThan(100)
  })

  it('never costs a log that was closed cleanly any of its content', () => {
    const { machine, whole } = small()
    machine.close(machine.open())
    const outcomes = flipEach(machine, { whole, withoutLast: whole })
    expect(outcomes.refused).toBeGreaterThan(600)
  })
})
