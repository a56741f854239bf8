/**
 * What the museum's hunts came to: `docs/museum.json`, and the page that is made of it. Several may hunt side by side
 * for hours, so nothing that was read before a hunt is ever written after it: each bug's hunts are put into what the
 * file holds at that moment, in the place of its own and of no other's.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { BUGS, type BugName } from '../../src/core/seams.ts'
import type { Hunt } from '../../src/sim/museum/hunt.ts'
import { type Collection, describeMuseum } from '../../src/sim/museum/page.ts'
import { escaped } from './sentence.ts'

export const CANARY = 'canary'

/** What can be hunted. */
export type HuntedName = typeof CANARY | BugName
export const HUNTED_NAMES: readonly HuntedName[] = [CANARY, ...BUGS]

/** What the hunts of one name came to. */
export interface Hunted {
  readonly hunts: readonly Hunt[]
  /** In the scenario that was written to show it, if there is one. */
  readonly played?: Hunt | undefined
}

/** Where the collection is kept. */
export interface Files {
  readonly data: string
  readonly page: string
}

/** An empty one, if there is none yet. */
export function readCollection({ data }: Files): Collection {
  try {
    return JSON.parse(readFileSync(data, 'utf8')) as Collection
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { canary: [], bugs: {}, scenarios: {} }
  }
}

/** Enters what the hunts of one name came to, beside all that others have entered meanwhile. */
export function enterHunts(files: Files, name: HuntedName, hunted: Hunted): void {
  const collection = withHunts(readCollection(files), name, hunted)
  replace(files.data, `${JSON.stringify(collection, undefined, 2)}\n`)
  replace(files.page, describeMuseum(collection))
}

/**
 * As it was but for this name. Bugs that the museum does not have any more are dropped, and sentences that were kept
 * with their control characters are mended: the page shows them as they are kept.
 */
export function withHunts(collection: Collection, name: HuntedName, { hunts, played }: Hunted): Collection {
  const canary = name === CANARY ? hunts : collection.canary.map(mended)
  const bugs = existing(collection.bugs, kept => kept.map(mended))
  const scenarios = existing(collection.scenarios, mended)
  if (name === CANARY) return { canary, bugs, scenarios }
  bugs[name] = hunts
  if (played === undefined) delete scenarios[name]
  else scenarios[name] = played
  return { canary, bugs, scenarios }
}

function existing<Value>(
  ofBugs: Readonly<Partial<Record<BugName, Value>>>,
  mend: (value: Value) => Value,
): Partial<Record<BugName, Value>> {
  const names: readonly string[] = BUGS
  const entries = Object.entries(ofBugs).filter(([name]) => names.includes(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, mend(value)]))
}

function mended(hunt: Hunt): Hunt {
  const { found } = hunt
  return found === undefined ? hunt : { ...hunt, found: { ...found, sentence: escaped(found.sentence) } }
}

/** In one step: who reads it meanwhile has the whole file of before, or the whole new one. */
function replace(path: string, text: string): void {
  const written = `${path}.${process.pid}`
  writeFileSync(written, text)
  renameSync(written, path)
}
