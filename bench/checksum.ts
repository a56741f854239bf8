/**
 * CRC-32C by table and natively, in nanoseconds a call: `npx tsx bench/checksum.ts`. Where the native one
 * becomes the faster is `NATIVE_CHECKSUM_BYTES_MIN` in `src/runtime/node/limits.ts`.
 */
import { createRequire } from 'node:module'
import { type Checksum, crc32c } from '../src/core/crc32c.ts'
import { randomFromSeed } from '../src/core/prng.ts'

const ROUNDS = 9
const native = (createRequire(import.meta.url)('@node-rs/crc32') as { readonly crc32c: Checksum }).crc32c
const random = randomFromSeed(1)
const slab = Uint8Array.from({ length: 1024 * 1024 }, () => random.below(256))
let sink = 0

function measure(checksum: Checksum, bytes: number): number {
  const views = Array.from({ length: 64 }, (_, i) => slab.subarray(i * 13, i * 13 + bytes))
  const count = Math.max(500, Math.min(50_000, Math.floor(5_000_000 / bytes)))
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now()
    for (let i = 0; i < count; i++) sink ^= checksum(views[i & 63]!)
    best = Math.min(best, (performance.now() - startedAt) / count)
  }
  return best * 1e6
}

for (const bytes of [16, 32, 48, 64, 80, 96, 128, 256, 512, 1024, 4096, 65_536]) {
  const [table, platform] = [measure(crc32c, bytes), measure(native, bytes)]
  const faster = table < platform ? 'table' : 'native'
  console.log(
    `${String(bytes).padStart(6)} bytes: table ${table.toFixed(0)}, native ${platform.toFixed(0)}: ${faster}`,
  )
}
process.exitCode = sink === 0.5 ? 1 : 0
