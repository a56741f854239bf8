/** CRC-32C: the native implementation where it is installed and worth its call, the table otherwise. */
import { createRequire } from 'node:module'
import { type Checksum, crc32c } from '../../core/crc32c.ts'
import { NATIVE_CHECKSUM_BYTES_MIN } from './limits.ts'

export function nodeChecksum(): Checksum {
  const native = loadNative()
  if (native === undefined) return crc32c
  return (bytes, seed) =>
    bytes.length < NATIVE_CHECKSUM_BYTES_MIN ? crc32c(bytes, seed) : native(bytes, seed)
}

/** A platform without a prebuilt binary gets a slower node, not a broken one. */
function loadNative(): Checksum | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { readonly crc32c: Checksum }
    return native.crc32c
  } catch {
    return undefined
  }
}
