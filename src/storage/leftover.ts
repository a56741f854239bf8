/** Files that nothing names, left of an attempt that came to nothing. */
import { DiskError } from '../runtime/disk.ts'

/**
 * Removes such a file. One that the disk does not let go stays and harms nobody, and the next start removes it: a
 * `DiskError` that `remove` throws says nothing that anybody needs to hear.
 */
export function removeLeftover(remove: () => void): void {
  try {
    remove()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
