/**
 * `--feature-gates`, in etcd's notation: what experimental flags were until 3.5, by names of their own. Of these one
 * makes a difference here: the others open what stands always, or what there is no need of.
 */
import { partsOf } from './comma-list.ts'

export interface FeatureGates {
  /** Compare with the newest check of before the start, too. */
  readonly initialCorruptCheck: boolean
}

/** Of etcd 3.6 and 3.7. */
const GATES = new Set([
  'AllAlpha',
  'AllBeta',
  'CompactHashCheck',
  'FastLeaseKeepAlive',
  'InitialCorruptCheck',
  'LeaseCheckpoint',
  'LeaseCheckpointPersist',
  'SetMemberLocalAddr',
  'StopGRPCServiceOnDefrag',
  'TxnModeWriteWithSharedBuffer',
])

const PAIR = /^(\w+)=(true|false)$/

/** Or in a sentence what is wrong. AllAlpha opens the check of corruption, too, unless that is named. */
export function parseFeatureGates(text: string): FeatureGates | string {
  const isOpen = new Map<string, boolean>()
  for (const part of partsOf(text)) {
    const match = PAIR.exec(part)
    if (match === null) return `must be NAME=true or NAME=false, separated by commas: ${part}`
    const [, gate, value] = match
    if (!GATES.has(gate!)) return `there is no ${gate}`
    isOpen.set(gate!, value === 'true')
  }
  return { initialCorruptCheck: isOpen.get('InitialCorruptCheck') ?? isOpen.get('AllAlpha') ?? false }
}
