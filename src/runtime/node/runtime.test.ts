import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../core/crc32c.ts'
import { QuorateError } from '../../core/errors.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { silentLogger } from '../logger.ts'
import { nodeChecksum } from './checksum.ts'
import { HALT_EXIT_STATUS } from './limits.ts'
import { pinoLogger } from './logger.ts'
import { nodeRuntime } from './runtime.ts'

describe('the checksum', () => {
  it('is the same function at every length, alignment and seed, native or not', () => {
    const checksum = nodeChecksum()
    const random = randomFromSeed(7)
    const slab = Uint8Array.from({ length: 5000 }, () => random.below(256))
    for (let i = 0; i < 400; i++) {
      const from = random.below(500)
      const bytes = slab.subarray(from, from + random.below(i < 200 ? 160 : 4500))
      const seed = random.chance(1, 2) ? random.uint32() : 0
      expect(checksum(bytes, seed)).toBe(crc32c(bytes, seed))
    }
    expect(checksum(slab.subarray(0, 400))).toBe(checksum(slab.subarray(0, 400), 0))
  })
})

describe('the log', () => {
  const lines = (write: (stream: { write(line: string): void }) => void): Record<string, unknown>[] => {
    const written: string[] = []
    write({ write: line => written.push(line) })
    return written.map(line => JSON.parse(line) as Record<string, unknown>)
  }

  it('is one JSON object a line, with the message, the level by name and 64-bit ids in hexadecimal', () => {
    const [line] = lines(stream => {
      pinoLogger({ stream }).warn('a member left', { member: 0xfedcba9876543210n, voters: 3, clean: true })
    })
    expect(line).toMatchObject({
      level: 'warn',
      msg: 'a member left',
      member: 'fedcba9876543210',
      voters: 3,
      clean: true,
    })
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  it('adds the fields of a child to every line, and leaves out what is below its level', () => {
    const written = lines(stream => {
      const log = pinoLogger({ stream, level: 'info' }).child({ node: 17n })
      log.debug('not this')
      log.child({ group: 1 }).info('this')
    })
    expect(written).toHaveLength(1)
    expect(written[0]).toMatchObject({ node: '11', group: 1, msg: 'this' })
  })
})

describe('the runtime', () => {
  it('draws different numbers and bytes every time', () => {
    const [a, b] = [nodeRuntime({ log: silentLogger }), nodeRuntime({ log: silentLogger })]
    expect([a.random.uint32(), a.random.uint32()]).not.toEqual([b.random.uint32(), b.random.uint32()])
    expect(a.entropy(16)).toHaveLength(16)
    expect(a.entropy(16)).not.toEqual(a.entropy(16))
  })

  it('logs why it halts, with the code, and leaves with a status that is not zero', () => {
    const directory = mkdtempSync(join(tmpdir(), 'quorate-halt-'))
    const file = join(directory, 'node.log')
    const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
    const script = `
      import { nodeRuntime } from ${module('./runtime.ts')}
      import { pinoLogger } from ${module('./logger.ts')}
      import { QuorateError } from ${module('../../core/errors.ts')}
      const runtime = nodeRuntime({ log: pinoLogger({ file: ${JSON.stringify(file)} }) })
      setTimeout(() => {
        runtime.halt(new QuorateError('QUORATE_LOG_DAMAGED', 'the log is damaged'))
        process.exit(0)
      })`
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
    expect(child.status).toBe(HALT_EXIT_STATUS)
    const line = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    expect(line).toMatchObject({ level: 'error', reason: 'the log is damaged', code: 'QUORATE_LOG_DAMAGED' })
    rmSync(directory, { recursive: true })
  })

  it('lets a test decide what leaving means', () => {
    const runtime = nodeRuntime({
      log: silentLogger,
      exit: status => {
        throw new QuorateError('QUORATE_TEST', `left with ${status}`)
      },
    })
    expect(() => runtime.halt(new Error('why'))).toThrowError(`left with ${HALT_EXIT_STATUS}`)
  })
})
