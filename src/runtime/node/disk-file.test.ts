/** A file on a system that takes only some of the bytes, or asks to try again, or runs full in the middle. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { describeDisk } from '../disk.conformance.ts'
import type { DiskError } from '../disk.ts'
import { nodeDisk } from './disk.ts'

type Writev = typeof import('node:fs').writev

/** What the system does with a write: how many bytes it takes, or the code of its error. */
let system: (bytes: number) => number | string = bytes => bytes
let calls = 0

vi.mock('node:fs', async importOriginal => {
  const original = await importOriginal<typeof import('node:fs')>()
  const writev = (
    descriptor: number,
    chunks: readonly Uint8Array[],
    at: number,
    done: (error: Error | null, written: number) => void,
  ): void => {
    calls++
    const whole = Buffer.concat(chunks)
    const taken = system(whole.length)
    if (typeof taken === 'string') {
      const error = Object.assign(new Error(`${taken}: write`), { code: taken })
      setImmediate(() => done(error, 0))
    } else {
      original.writev(descriptor, [whole.subarray(0, taken)], at, (error, written) => done(error, written))
    }
  }
  return { ...original, writev: writev as unknown as Writev }
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'quorate-short-'))
}

/** Takes a random part, at times nothing, and at times asks to try again. */
function reluctant(random: Random): typeof system {
  return bytes => {
    if (random.chance(1, 5)) return random.chance(1, 2) ? 'EAGAIN' : 'EINTR'
    return random.below(bytes + 1)
  }
}

describe('a system that takes writes in pieces', () => {
  beforeEach(() => {
    system = reluctant(randomFromSeed(1))
  })

  describeDisk('it', () => {
    const directory = temporary()
    return { disk: nodeDisk(), directory, until, close: () => rmSync(directory, { recursive: true }) }
  })
})

describe('a file', () => {
  const write = async (chunks: readonly Uint8Array[]): Promise<[DiskError | null, Buffer]> => {
    const directory = temporary()
    const file = nodeDisk().open(join(directory, 'a'), 'create')
    let result: DiskError | null | undefined
    file.writeSynced(0, chunks, error => {
      result = error
    })
    await until(() => result !== undefined)
    const content = readFileSync(join(directory, 'a'))
    file.close()
    rmSync(directory, { recursive: true })
    return [result ?? null, content]
  }
  const chunks = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)]

  it('goes on behind what was taken, byte by byte if need be', async () => {
    system = () => 1
    expect(await write(chunks)).toEqual([null, Buffer.from([1, 2, 3, 4, 5, 6])])
  })

  it('reports that the disk ran full in the middle of a write', async () => {
    let left = 4
    system = bytes => {
      if (left === 0) return 'ENOSPC'
      const taken = Math.min(bytes, left)
      left -= taken
      return taken
    }
    const [error, content] = await write(chunks)
    expect(error?.kind).toBe('full')
    expect([...content]).toEqual([1, 2, 3, 4])
  })

  it('gives up on a system that never takes a byte, instead of trying for ever', async () => {
    for (const answer of ['EAGAIN', 0]) {
      system = () => answer
      calls = 0
      const [error] = await write(chunks)
      expect(error?.kind).toBe('io')
      expect(calls).toBeLessThanOrEqual(1_000)
    }
  })

  it('does not try again what failed for good', async () => {
    system = () => 'EIO'
    calls = 0
    expect((await write(chunks))[0]?.kind).toBe('io')
    expect(calls).toBe(1)
  })
})
