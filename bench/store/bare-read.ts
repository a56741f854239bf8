/**
 * What a block costs that is in the system's cache and not in ours, without a store around it: to read 4 KiB at random,
 * and to check their CRC. No store that reads files is faster than this, whatever else it does.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/core/prng.ts'
import { nodeChecksum } from '../../src/runtime/node/checksum.ts'
import { filesBelow, type ReadCost, stopwatch } from './process-usage.ts'

const BLOCK_BYTES = 4096

/** Of one block of the files below the directory, which has one at least. */
export function bareRead(directory: string, random: Random, reads: number): ReadCost {
  const checksum = nodeChecksum()
  const block = new Uint8Array(BLOCK_BYTES)
  const files = filesBelow(directory)
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(path => statSync(path).size >= BLOCK_BYTES)
    .map(path => ({
      descriptor: openSync(path, 'r'),
      blocks: Math.floor(statSync(path).size / BLOCK_BYTES),
    }))
  const stop = stopwatch()
  for (let i = 0; i < reads; i++) {
    const { descriptor, blocks } = files[random.below(files.length)]!
    readSync(descriptor, block, 0, BLOCK_BYTES, random.below(blocks) * BLOCK_BYTES)
    checksum(block, i)
  }
  const cost = stop(reads)
  for (const { descriptor } of files) closeSync(descriptor)
  return cost
}
