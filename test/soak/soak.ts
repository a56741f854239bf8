/**
 * `npm run soak -- --hours N`: keeps every core busy with fresh seeds of `quorate sim`, and appends what they came to
 * to a file, a line of JSON for every part of the campaign. What fails is saved beside it as a scenario. In the end the
 * campaign is held to its bars as a whole: one that tried too little of anything, or whose parts did not all end well,
 * fails, too.
 *
 * Options: `--hours 1` (from the first seed on), `--seeds N` (ends after so many), `--seed N` (the first; default:
 * fresh), `--jobs N` (default: one for every core), `--results soak.jsonl`, `--newest-node` (runs seeds with the newest
 * Node.js, which is faster), `--consensus raft|paxos`.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { PROTOCOL_NAMES } from '../../src/protocols/protocols.ts'
import { QUORATE } from '../harness/cluster.ts'
import { runCommand } from '../harness/command.ts'
import { newestNode } from '../harness/newest-node.ts'
import { oneOf, positiveNumber, readOptions, wholeNumber } from '../harness/options.ts'
import { tellOf } from './report-line.ts'
import { Totals } from './totals.ts'

/** Seeds of one process: short enough that a report is never far, long enough that its start does not count. */
const SEEDS_PER_PART = 50

const { values } = readOptions({
  options: {
    hours: { type: 'string', default: '1' },
    seeds: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    seed: { type: 'string', default: String(Date.now() * 1000) },
    jobs: { type: 'string', default: String(availableParallelism()) },
    results: { type: 'string', default: 'soak.jsonl' },
    'newest-node': { type: 'boolean', default: false },
    consensus: { type: 'string', default: 'raft' },
  },
})

const consensus = oneOf('consensus', values.consensus, PROTOCOL_NAMES)
const results = resolve(values.results)
const campaignMs = positiveNumber('hours', values.hours) * 3_600_000
const firstSeed = wholeNumber('seed', values.seed, 0)
const behindLast = firstSeed + wholeNumber('seeds', values.seeds, 1)
const jobs = wholeNumber('jobs', values.jobs, 1)
const node = (values['newest-node'] ? await newestNode() : undefined) ?? process.execPath
const commit = (await runCommand('git', ['rev-parse', '--short', 'HEAD'])).stdout.trim() || 'unknown'
const version = (await runCommand(node, ['--version'])).stdout.trim()
const all = new Totals()
let nextSeed = firstSeed
/** Parts that did not end as they should, a sentence each. */
const unclean: string[] = []

interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** Runs some seeds in a process of their own; one that breaks itself off has reported those before. */
async function runPart(from: number, count: number): Promise<void> {
  const args = [
    QUORATE,
    'sim',
    '--seed',
    `${from}`,
    '--seeds',
    `${count}`,
    '--consensus',
    consensus,
    '--json',
  ]
  const child = spawn(node, args, { cwd: dirname(results), stdio: ['ignore', 'pipe', 'pipe'] })
  const part = new Totals()
  const notes: string[] = []
  let isTorn = false
  createInterface(child.stderr).on('line', line => notes.push(line))
  const lines = createInterface(child.stdout).on('line', line => {
    const told = tellOf(line)
    if (told === 'torn') isTorn = true
    if (typeof told === 'string') notes.push(told === 'torn' ? `no whole line of JSON: ${line}` : line)
    else for (const totals of [part, all]) totals.add(told.run)
  })
  const ending = await new Promise<Ending>((done, failed) => {
    child.once('error', failed)
    child.once('close', (status, signal) => done({ status, signal }))
  })
  lines.close()
  const { status } = ending
  appendFileSync(
    results,
    `${JSON.stringify({ commit, node: version, consensus, from, count, status, ...part, notes })}\n`,
  )
  for (const note of notes) console.log(note)
  for (const { seed, verdict, problem } of part.bad) console.log(`seed ${seed}: ${verdict}: ${problem}`)
  const flaw = flawOf(ending, isTorn)
  if (flaw !== undefined) unclean.push(`the part of seeds ${from} to ${from + count - 1} ${flaw}`)
  console.log(`${new Date().toISOString()} ${all.describe()}`)
}

/** Why what a part reported may not be all that there was to report; undefined if it is. */
function flawOf({ status, signal }: Ending, isTorn: boolean): string | undefined {
  if (signal !== null) return `was ended by ${signal}`
  if (status !== 0) return `ended with status ${status}`
  return isTorn ? 'printed what is no whole line of JSON' : undefined
}

async function keepBusy(): Promise<void> {
  while (performance.now() < endMs && nextSeed < behindLast) {
    const from = nextSeed
    const count = Math.min(SEEDS_PER_PART, behindLast - from)
    nextSeed += count
    await runPart(from, count)
  }
}

mkdirSync(dirname(results), { recursive: true })
console.log(
  `commit ${commit}, Node.js ${version}, ${consensus}, from seed ${nextSeed}, results in ${results}`,
)
// Not before: what comes first may install a Node.js, and take longer than a short campaign.
const endMs = performance.now() + campaignMs
await Promise.all(Array.from({ length: jobs }, keepBusy))
for (const [name, times] of Object.entries(all.faults).sort()) console.log(`  ${name}: ${times}`)
for (const [name, times] of Object.entries(all.probes).sort()) console.log(`  ${name}: ${times}`)
const shortfalls = all.shortfalls(consensus)
for (const shortfall of shortfalls) console.log(`too little was tried: ${shortfall}`)
for (const part of unclean) console.log(`unclean: ${part}`)
process.exitCode = unclean.length === 0 && shortfalls.length === 0 ? 0 : 1
