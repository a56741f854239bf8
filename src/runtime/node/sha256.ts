/** SHA-256 of the platform. */
import { createHash } from 'node:crypto'
import type { Sha256 } from '../../core/sha256.ts'

export function nodeSha256(): Sha256 {
  const hash = createHash('sha256')
  return {
    update: bytes => {
      hash.update(bytes)
    },
    digest: () => new Uint8Array(hash.digest()),
  }
}
