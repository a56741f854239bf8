/** Compares everything durable with its checksums, and with what the manifest says of it. */
import type { StoreDamage } from '../../runtime/store.ts'
import { DAMAGES_REPORTED_MAX } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { findManifestDamages } from './manifest-damage.ts'
import type { StoreSetting } from './setting.ts'
import type { Version } from './version.ts'

/** The damages, at most `DAMAGES_REPORTED_MAX`. Reads every byte, at once; stops the node if it cannot. */
export function verifyStore(setting: StoreSetting, manifest: Manifest, version: Version): StoreDamage[] {
  const damages = findManifestDamages(setting.place, manifest)
  const named = new Set(damages.map(({ file }) => file))
  for (const table of version.tables()) {
    table.verify(damage => {
      // Of a file that is not the one that was written, what is in it says nothing more.
      if (!named.has(damage.file) && damages.length < DAMAGES_REPORTED_MAX) damages.push(damage)
    })
  }
  return damages
}
