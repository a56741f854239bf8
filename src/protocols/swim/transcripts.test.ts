/** What members say to each other, told message by message. `UPDATE_GOLDEN=1` writes it anew; review it as a diff. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import { PERIOD_MS, SwimWorld } from './swim-world.conformance.ts'

const [SLOW, DEAD] = [3n, 4n] as [NodeId, NodeId]

class Transcript {
  readonly one: SwimWorld
  readonly #lines: string[]
  #isTelling = false
  #begunMs = 0

  constructor(title: string) {
    this.#lines = [title]
    this.one = new SwimWorld({
      seed: 4,
      nodes: 4,
      quality: { delay: { minimumUs: 10_000, meanUs: 0 }, bytesPerMs: 0 },
      options: { syncMs: 1_000_000 },
      trace: line => this.#tell(line),
    })
    this.one.world.startAll()
    this.one.world.runForMs(20 * PERIOD_MS)
    this.#isTelling = true
    this.#begunMs = this.#nowMs
  }

  heading(text: string): void {
    this.#lines.push('', `## ${text}`)
  }

  expectToBe(name: string): void {
    const told = `${this.#lines.join('\n')}\n`
    const path = new URL(`./testdata/${name}.txt`, import.meta.url)
    if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
    expect(told).toBe(readFileSync(path, 'utf8'))
  }

  get #nowMs(): number {
    return Math.floor(this.one.world.clock.now() / 1000)
  }

  /** Probes that are answered, and carry nothing, are left out. */
  #tell(line: string): void {
    if (this.#isTelling && !/ (ping|ack) .*claims \[\]/.test(line)) {
      this.#lines.push(`  ${String(this.#nowMs - this.#begunMs).padStart(5)} ms  ${line}`)
    }
  }
}

test('who is slow is suspected, hears of it, and takes it back', () => {
  const told = new Transcript('# Member 3 stands still for four seconds; messages take 10 ms')
  const { world } = told.one
  told.heading('It stops.')
  world.pause(SLOW)
  world.runForMs(4 * PERIOD_MS)
  told.heading('It goes on.')
  world.resume(SLOW)
  world.runForMs(3 * PERIOD_MS)
  expect(told.one.isAgreed).toBe(true)
  expect(told.one.count('died')).toBe(0)
  told.expectToBe('slow')
})

test('who has died is suspected by one after the other, declared dead, and comes back in a new incarnation', () => {
  const told = new Transcript('# Member 4 dies, and begins anew; messages take 10 ms')
  const { world } = told.one
  told.heading('It dies.')
  world.crash(DEAD)
  world.runUntilTrue(() => told.one.isAgreed, 60 * PERIOD_MS)
  told.heading('It begins anew, and asks those whom it was told to ask.')
  world.start(DEAD)
  world.runUntilTrue(() => told.one.isAgreed, 60 * PERIOD_MS)
  expect(told.one.member(DEAD).incarnation).toBe(1)
  told.expectToBe('death')
})
