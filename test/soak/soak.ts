/**
 * `npm run soak -- --hours N`: keeps every core busy with fresh seeds of `quorate sim`, and appends what they came to
 * to a file, a line of JSON for every part of the campaign. What fails is saved beside it as a scenario. In the end the
 * campaign is held to its bars as a whole: one that tried too little of anything fails, too.
 *
 * Options: `--hours 1`, `--seeds N` (ends after so many), `--seed N` (the first; default: fresh), `--jobs N` (default:
 * one for every core), `--results soak.jsonl`, `--newest-node` (runs seeds with the newest Node.js, which is faster),
 * `--consensus raft|paxos`.
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
import { type RunLine, Totals } from './totals.ts'

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
const end = Date.now() + positiveNumber('hours', values.hours) * 3_600_000
const firstSeed = wholeNumber('seed', values.seed, 0)
const behindLast = firstSeed + wholeNumber('seeds', values.seeds, 1)
const jobs = wholeNumber('jobs', values.jobs, 1)
const node = (values['newest-node'] ? await newestNode() : undefined) ?? process.execPath
const commit = (await runCommand('git', ['rev-parse', '--short', 'HEAD'])).stdout.trim() || 'unknown'
const version = (await runCommand(node, ['--version'])).stdout.trim()
const all = new Totals()
let nextSeed = firstSeed
/** Parts that did not end with status 0. */
let unclean = 0

/** Runs some seeds in a process of their own; one that breaks itself off has reported those before. */
async function runPart(from: number, count: number): Promise<void> {
  const args = [
    QUORATE,
    'sim',
    '--seed',
    String(from),
    '--seeds',
    String(count),
    '--consensus',
    consensus,
    '--json',
  ]
  const child = spawn(node, args, { cwd: dirname(results), stdio: ['ignore', 'pipe', 'pipe'] })
  const part = new Totals()
  const notes: string[] = []
  createInterface(child.stderr).on('line', line => notes.push(line))
  const lines = createInterface(child.stdout).on('line', line => {
    const said = JSON.parse(line) as RunLine | { readonly divergence: object } | { readonly saved: string }
    if ('digest' in said) {
      part.add(said)
      all.add(said)
    } else notes.push(line)
  })
  const status = await new Promise<number | null>((done, failed) => {
    child.once('error', failed)
    child.once('close', code => done(code))
  })
  lines.close()
  appendFileSync(
    results,
    `${JSON.stringify({ commit, node: version, consensus, from, count, status, ...part, notes })}\n`,
  )
  for (const note of notes) console.log(note)
  for (const { seed, verdict, problem } of part.bad) console.log(`seed ${seed}: ${verdict}: ${problem}`)
  if (status !== 0) unclean++
  console.log(`${new Date().toISOString()} ${all.describe()}`)
}

async function keepBusy(): Promise<void> {
  while (Date.now() < end && nextSeed < behindLast) {
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
await Promise.all(Array.from({ length: jobs }, keepBusy))
for (const [name, times] of Object.entries(all.faults).sort()) console.log(`  ${name}: ${times}`)
for (const [name, times] of Object.entries(all.probes).sort()) console.log(`  ${name}: ${times}`)
const shortfalls = all.shortfalls(consensus)
for (const shortfall of shortfalls) console.log(`too little was tried: ${shortfall}`)
process.exitCode = unclean === 0 && shortfalls.length === 0 ? 0 : 1
