/**
 * `npm run museum`: hunts every bug of the museum, and writes what it took to `docs/museum.md`, and as data to
 * `docs/museum.json`. `npm run museum -- NAME ...` hunts these again (`canary` is one) and leaves the others as they
 * were found; `--missing` hunts those that were not hunted yet.
 *
 * Options: `--seeds N` (at most, of each hunt in clusters), `--hunts N` (of each bug), `--minutes N` (of each bug, at
 * most: a hunt that it ends counts as not found).
 */
import { fileURLToPath } from 'node:url'
import type { BugName } from '../../src/core/seams.ts'
import { canaryRun } from '../../src/sim/museum/canary.ts'
import type { Catch } from '../../src/sim/museum/exhibit.ts'
import { EXHIBITS } from '../../src/sim/museum/exhibits.ts'
import { firstSeedOf, type Hunt, hunt, tryPlan, tryScenario, trySeed } from '../../src/sim/museum/hunt.ts'
import {
  HUNT_CORE_SEEDS_MAX,
  HUNT_SCENARIO_SEEDS_MAX,
  HUNT_SEEDS_MAX,
  HUNTS_IN_CLUSTERS,
  HUNTS_IN_CORES,
} from '../../src/sim/museum/limits.ts'
import { scenarioNamed } from '../../src/sim/scenarios/named/index.ts'
import { positiveNumber, readOptions, refuse, wholeNumber } from '../harness/options.ts'
import { CANARY, enterHunts, HUNTED_NAMES, type HuntedName, readCollection } from './collection.ts'
import { shortened } from './sentence.ts'

const FILES = {
  data: fileURLToPath(new URL('../../docs/museum.json', import.meta.url)),
  page: fileURLToPath(new URL('../../docs/museum.md', import.meta.url)),
}

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: String(HUNT_SEEDS_MAX) },
    hunts: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    missing: { type: 'boolean', default: false },
  },
})

/** As it was at the start; others may hunt meanwhile. */
const known = readCollection(FILES)
const stranger = positionals.find(name => !HUNTED_NAMES.some(hunted => hunted === name))
if (stranger !== undefined) refuse(`no bug is called ${stranger}; there are: ${HUNTED_NAMES.join(', ')}`)
const seedsInClusters = wholeNumber('seeds', values.seeds, 1)
const huntsAsked = values.hunts === undefined ? undefined : wholeNumber('hunts', values.hunts, 1)
const minutes = positiveNumber('minutes', values.minutes)
const isWanted = (name: HuntedName): boolean => {
  if (positionals.length > 0) return positionals.includes(name)
  return !values.missing || knownHunts(name).length === 0
}

for (const name of HUNTED_NAMES.filter(isWanted)) {
  const hunts = await huntAll(name)
  enterHunts(FILES, name, { hunts, played: name === CANARY ? undefined : await playFor(name) })
}

/** As often as was asked for, or until the time is up. */
async function huntAll(name: HuntedName): Promise<Hunt[]> {
  const isInClusters = name === CANARY || EXHIBITS[name].ground === 'clusters'
  const seedsMax = isInClusters ? seedsInClusters : HUNT_CORE_SEEDS_MAX
  const count = huntsAsked ?? (isInClusters ? HUNTS_IN_CLUSTERS : HUNTS_IN_CORES)
  const tried = (seed: number): Promise<Catch | undefined> =>
    name === CANARY ? tryPlan(canaryRun(seed)) : trySeed(name, seed)
  const endMs = performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() >= endMs
  const hunts: Hunt[] = []
  for (let i = 0; i < count && !isOver(); i++) {
    const hunted = kept(await hunt(tried, firstSeedOf(i), seedsMax, isOver))
    const { seeds, found } = hunted
    const told = found === undefined ? 'not found' : `${found.oracle}: ${found.sentence}`
    process.stdout.write(`${name}: ${seeds} seeds: ${told}\n`)
    hunts.push(hunted)
  }
  return hunts
}

/** In the scenario that was written to show it. */
async function playFor(bug: BugName): Promise<Hunt | undefined> {
  const scenario = scenarioNamed(EXHIBITS[bug].scenario ?? '')
  if (scenario === undefined) return undefined
  const played = await hunt(seed => tryScenario(scenario, bug, seed), firstSeedOf(0), HUNT_SCENARIO_SEEDS_MAX)
  const told = played.found === undefined ? 'not found' : played.found.oracle
  process.stdout.write(`${bug}: scenario ${scenario.name}, ${played.seeds} seeds: ${told}\n`)
  return kept(played)
}

function knownHunts(name: HuntedName): readonly Hunt[] {
  return (name === CANARY ? known.canary : known.bugs[name]) ?? []
}

function kept({ found, ...about }: Hunt): Hunt {
  if (found === undefined) return about
  return { ...about, found: { ...found, sentence: shortened(found.sentence) } }
}
