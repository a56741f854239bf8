/** What a snapshot file is refused for, by code. */
import { QuorateError } from '../../core/errors.ts'

/** `QUORATE_SNAPSHOT_DAMAGED`: not what was saved, or not all of it. */
export function snapshotDamaged(path: string, what: string): QuorateError {
  return new QuorateError('QUORATE_SNAPSHOT_DAMAGED', `the snapshot ${path} is damaged: ${what}`, 'refused', {
    hint: 'Save it again, or take an earlier one.',
  })
}

/** `QUORATE_SNAPSHOT_FORMAT`: another program's file, or a newer version's. */
export function snapshotUnknown(path: string, what: string): QuorateError {
  return new QuorateError('QUORATE_SNAPSHOT_FORMAT', `${path}: ${what}`, 'refused', {
    hint: 'Give a file that `quorate snapshot save`, or `etcdctl snapshot save` from a Quorate cluster, wrote.',
  })
}
