/** Compares everything durable with its checksums, and with what the manifest says of it. */
import { DiskError } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { DAMAGES_REPORTED_MAX } from './limits.ts'
import { MANIFEST_FILE, readManifest } from './manifest-file.ts'
import type { StoreSetting } from './setting.ts'
import type { Version } from './version.ts'

/** The damages, at most `DAMAGES_REPORTED_MAX`. Reads every byte. */
export function verifyStore(setting: StoreSetting, version: Version): StoreDamage[] {
  const damages: StoreDamage[] = []
  const manifest = manifestDamage(setting)
  if (manifest !== undefined) damages.push(manifest)
  for (const table of version.tables()) {
    if (damages.length >= DAMAGES_REPORTED_MAX) break
    table.verify(damage => {
      if (damages.length < DAMAGES_REPORTED_MAX) damages.push(damage)
    })
  }
  return damages
}

function manifestDamage(setting: StoreSetting): StoreDamage | undefined {
  const { directory } = setting
  try {
    const found = readManifest(setting)
    if (found.kind === 'damage') return found.damage
    if (found.kind === 'manifest') return undefined
    return { file: `${directory}/${MANIFEST_FILE}`, offsetBytes: 0, what: 'it is of another format' }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    return {
      file: `${directory}/${MANIFEST_FILE}`,
      offsetBytes: 0,
      what: `it cannot be read: ${error.message}`,
    }
  }
}
