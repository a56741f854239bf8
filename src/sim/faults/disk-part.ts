/** Which files of a member belong to which part of its data. */
import type { DiskPart } from './fault.ts'

const PATTERNS: Readonly<Record<DiskPart, RegExp>> = {
  // Also in its second place, where a damaged one is begun anew.
  log: /(^|\/)log(\.2)?\//,
  tables: /\.table$/,
  // Also the next one, which has no name yet.
  manifest: /(^|\/)manifest(\.new)?$/,
  any: /./,
}

/** Whether the file is of the part. */
export function isOfPart(part: DiskPart, path: string): boolean {
  return PATTERNS[part].test(path)
}
