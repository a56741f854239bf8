/**
 * `npm run museum`: hunts every bug of the museum, and writes what it took to `docs/museum.md`, and as data to
 * `docs/museum.json`. `npm run museum -- NAME ...` hunts these again (`canary` is one) and leaves the others as they
 * were found; `--missing` hunts those that were not hunted yet.
 *
 * Options: `--seeds N` (at most, of each hunt in clusters), `--hunts N` (of each bug), `--minutes N` (of each bug, at
 * most: a hunt that it ends counts as not found).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { BUGS, type BugName } from '../../src/core/seams.ts'
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
import { type Collection, describeMuseum } from '../../src/sim/museum/page.ts'
import { scenarioNamed } from '../../src/sim/scenarios/named/index.ts'
import { positiveNumber, readOptions, refuse, wholeNumber } from '../harness/options.ts'

const PAGE = new URL('../../docs/museum.md', import.meta.url)
const DATA = new URL('../../docs/museum.json', import.meta.url)
const CANARY = 'canary'

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: String(HUNT_SEEDS_MAX) },
    hunts: { type: 'string' },
    minutes: { type: 'string', default: '60' },
    missing: { type: 'boolean', default: false },
  },
})

const known: Collection = readData()
const names: readonly string[] = [CANARY, ...BUGS]
const stranger = positionals.find(name => !names.includes(name))
if (stranger !== undefined) refuse(`no bug is called ${stranger}; there are: ${names.join(', ')}`)
const seedsInClusters = wholeNumber('seeds', values.seeds, 1)
const huntsAsked = values.hunts === undefined ? undefined : wholeNumber('hunts', values.hunts, 1)
const minutes = positiveNumber('minutes', values.minutes)
const isWanted = (name: string): boolean => {
  if (positionals.length > 0) return positionals.includes(name)
  return !values.missing || huntsOf(name).length === 0
}

let collection = known
for (const name of names.filter(isWanted)) {
  const isCanary = name === CANARY
  const isInClusters = isCanary || EXHIBITS[name as BugName].ground === 'clusters'
  const seedsMax = isInClusters ? seedsInClusters : HUNT_CORE_SEEDS_MAX
  const count = huntsAsked ?? (isInClusters ? HUNTS_IN_CLUSTERS : HUNTS_IN_CORES)
  const tried = (seed: number): Promise<Catch | undefined> =>
    isCanary ? tryPlan(canaryRun(seed)) : trySeed(name as BugName, seed)
  const endMs = performance.now() + minutes * 60_000
  const isOver = (): boolean => performance.now() >= endMs
  const hunts: Hunt[] = []
  for (let i = 0; i < count && !isOver(); i++) {
    const hunted = await hunt(tried, firstSeedOf(i), seedsMax, isOver)
    const { seeds, found } = hunted
    const told = found === undefined ? 'not found' : `${found.oracle}: ${found.sentence.split('\n')[0]}`
    process.stdout.write(`${name}: ${seeds} seeds: ${told.slice(0, 200)}\n`)
    hunts.push(shortened(hunted))
  }
  collection = isCanary
    ? { ...collection, canary: hunts }
    : {
        ...collection,
        bugs: { ...collection.bugs, [name]: hunts },
        scenarios: { ...collection.scenarios, ...(await playFor(name as BugName)) },
      }
  writeFileSync(DATA, `${JSON.stringify(collection, undefined, 2)}\n`)
  writeFileSync(PAGE, describeMuseum(collection))
}

/** In the scenario that was written to show it. */
async function playFor(bug: BugName): Promise<Collection['scenarios']> {
  const scenario = scenarioNamed(EXHIBITS[bug].scenario ?? '')
  if (scenario === undefined) return {}
  const played = await hunt(seed => tryScenario(scenario, bug, seed), firstSeedOf(0), HUNT_SCENARIO_SEEDS_MAX)
  const told = played.found === undefined ? 'not found' : played.found.oracle
  process.stdout.write(`${bug}: scenario ${scenario.name}, ${played.seeds} seeds: ${told}\n`)
  return { [bug]: shortened(played) }
}

function huntsOf(name: string): readonly Hunt[] {
  return (name === CANARY ? known.canary : known.bugs[name as BugName]) ?? []
}

function readData(): Collection {
  try {
    return JSON.parse(readFileSync(DATA, 'utf8')) as Collection
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { canary: [], bugs: {}, scenarios: {} }
  }
}

/** A whole history is more than anybody wants to keep. */
function shortened({ found, ...about }: Hunt): Hunt {
  if (found === undefined) return about
  return { ...about, found: { ...found, sentence: found.sentence.split('\n')[0]!.slice(0, 200) } }
}
