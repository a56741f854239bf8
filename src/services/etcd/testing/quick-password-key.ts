/** Makes a key of a password at once: a test has no time for slow ones. */
import { portableSha256 } from '../../../core/sha256.ts'

export function quickPasswordKey(password: Uint8Array, salt: Uint8Array): Uint8Array {
  const hash = portableSha256()
  hash.update(salt)
  hash.update(password)
  return hash.digest()
}
