/**
 * All flags of etcd 3.4 to 3.6, and what they are here; `docs/reference/flags.md` shows them as a table. Of several
 * names of one key of the configuration, the one that is told to users comes first.
 */
import { CLUSTERING } from './clustering.ts'
import type { Flags } from './flag.ts'
import { SECURITY } from './security.ts'
import { SERVING } from './serving.ts'
import { STORING } from './storing.ts'

export type { Flag, Flags } from './flag.ts'

/** By what they are about, as the help and the reference show them. */
export const FLAG_GROUPS: Readonly<Record<string, Flags>> = {
  'The node': SERVING,
  'The cluster': CLUSTERING,
  Security: SECURITY,
  Storage: STORING,
}

export const ETCD_FLAGS: Flags = { ...SERVING, ...CLUSTERING, ...SECURITY, ...STORING }
