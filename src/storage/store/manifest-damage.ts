/** What can be told to be wrong with a store's directory without reading its tables. */
import type { Disk } from '../../runtime/disk.ts'
import type { StoreDamage } from '../../runtime/store.ts'
import { DAMAGES_REPORTED_MAX } from './limits.ts'
import { type Manifest, type ManifestContent, tablesOf } from './manifest.ts'
import { MANIFEST_FILE, readManifest, type StorePlace } from './manifest-file.ts'
import { tableName } from './table-name.ts'

/** Tables that the manifest names and that are not there, or have another size. Throws `DiskError`. */
export function findTableDamages(
  { disk, directory }: Pick<StorePlace, 'disk' | 'directory'>,
  manifest: ManifestContent,
): StoreDamage[] {
  const names = new Set(disk.list(directory))
  const damages: StoreDamage[] = []
  for (const { id, fileBytes } of tablesOf(manifest)) {
    if (damages.length === DAMAGES_REPORTED_MAX) break
    const file = `${directory}/${tableName(id)}`
    if (!names.has(tableName(id))) {
      damages.push({ file, offsetBytes: 0, what: 'the file is missing' })
      continue
    }
    const damage = findSizeDamage(disk, file, fileBytes)
    if (damage !== undefined) damages.push(damage)
  }
  return damages
}

/** Whether a file that is there has another size than it should. Throws `DiskError`. */
export function findSizeDamage(disk: Disk, path: string, fileBytes: number): StoreDamage | undefined {
  const found = sizeOf(disk, path)
  if (found === fileBytes) return undefined
  const what = `the file has ${found} bytes instead of ${fileBytes}`
  return { file: path, offsetBytes: Math.min(found, fileBytes), what }
}

/**
 * Of a store that is open: whether the manifest on disk is one that leads to what is read, and whether the tables
 * are there. A newer generation is none: it is being made durable just now, or nobody knows whether it is.
 * Throws `DiskError`.
 */
export function findManifestDamages(place: Omit<StorePlace, 'clock'>, current: Manifest): StoreDamage[] {
  const own = findOwnDamage(place, current.generation)
  return [...(own === undefined ? [] : [own]), ...findTableDamages(place, current)]
}

function findOwnDamage(place: Omit<StorePlace, 'clock'>, generation: number): StoreDamage | undefined {
  const file = `${place.directory}/${MANIFEST_FILE}`
  const damaged = (what: string): StoreDamage => ({ file, offsetBytes: 0, what })
  if (!place.disk.exists(file)) return damaged('the file is missing')
  const found = readManifest(place)
  switch (found.kind) {
    case 'damage':
      return found.damage
    case 'newerFormat':
      return damaged(`the file is of format version ${found.version}`)
    case 'manifest':
      if (found.manifest.generation >= generation) return undefined
      return damaged(`the file is of generation ${found.manifest.generation} instead of ${generation}`)
  }
}

function sizeOf(disk: Disk, path: string): number {
  const file = disk.open(path, 'read')
  try {
    return file.size()
  } finally {
    file.close()
  }
}
