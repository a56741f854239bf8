/**
 * A file in the store's directory which says that damage was met there while the node ran. Opening reads few blocks;
 * the one that is damaged may not be among them, and the next process would only meet it again. A name costs no
 * write, so that there is time for it before the node stops; if a loss of power takes it back, it is met again.
 */
import type { Disk } from '../../runtime/disk.ts'
import { removeLeftover } from '../leftover.ts'

const NOTE_FILE = 'damaged'

/** Leaves the note, if the disk lets it. */
export function noteDamage(disk: Disk, directory: string): void {
  const path = notePath(directory)
  removeLeftover(() => {
    if (!disk.exists(path)) disk.open(path, 'create').close()
  })
}

/** Whether damage was met here. */
export function isDamageNoted(disk: Disk, directory: string): boolean {
  return disk.exists(notePath(directory))
}

function notePath(directory: string): string {
  return `${directory}/${NOTE_FILE}`
}
