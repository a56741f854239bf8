/** The same log on the operating system's files. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../runtime/logger.ts'
import { nodeRuntime } from '../../runtime/node/runtime.ts'
import type { Log } from './log.ts'
import { base, entries, group, SMALL } from './log-machine.conformance.ts'
import { openLog } from './open-log.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/quorate-log-`)
})
afterEach(() => rmSync(directory, { recursive: true }))

function open(limits: Partial<typeof SMALL>): Promise<Log> {
  const runtime = nodeRuntime({ log: silentLogger })
  const options = { ...runtime, directory: `${directory}/log`, beginsIn: 'none' as const, limits }
  return new Promise(opened => openLog(options, opened))
}

const persist = (log: Log, from: number, to: number): Promise<void> =>
  new Promise(done => {
    const update = { writes: entries(from, to, 300), base: base(Math.max(0, from - 20)) }
    log.persist(group(1), update, done)
  })
const close = (log: Log): Promise<void> => new Promise(done => log.close(done))

it('gives back what it was given, over many segments and several openings', async () => {
  const small = { ...SMALL, alignmentBytes: 4096, segmentBytes: 65536, firstSegmentBytes: 32768 }
  for (let round = 0; round < 4; round++) {
    const log = await open(small)
    const first = round * 100 + 1
    const recovered = log.recovered(group(1))
    expect(recovered.entries).toEqual(entries(Math.max(1, first - 20), first, 300))
    expect(recovered.doubt).toBe('none')
    const done = []
    for (let i = 0; i < 100; i++) done.push(persist(log, first + i, first + i + 1))
    await Promise.all(done)
    await close(log)
  }
})

it('works with the limits of everyday use', async () => {
  const log = await open({})
  await persist(log, 1, 50)
  await close(log)
  const again = await open({})
  expect(again.recovered(group(1)).entries).toEqual(entries(1, 50, 300))
  await close(again)
})
