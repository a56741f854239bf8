/** Keys of passwords in the simulator: as different as the real ones, and made at once. */
import { portableSha256 } from '../core/sha256.ts'

export function simulatedPasswordKey(password: Uint8Array, salt: Uint8Array): Uint8Array {
  const hash = portableSha256()
  hash.update(salt)
  hash.update(password)
  return hash.digest()
}
