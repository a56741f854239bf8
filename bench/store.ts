/**
 * Stores on disk, ours and others, under what the key-value machine writes: `npx tsx bench/store.ts`. Each
 * engine has a process of its own and they take turns; what is compared are ratios of the same run.
 *
 * Options: `--keys 1000000`, `--puts 300000` (overwrites), `--rounds 1`, `--trials 30` (imitated losses of
 * power; 0: none), `--checkpoint-mib 6` (written keys and values between two checkpoints: as often as a
 * memtable of ours is full, so that all have the same durability), `--engines lmdb,lmdb-writemap,classic-level,
 * quorate,quorate-large-cache`, `--directory` (a new one below the system's).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneOf, positiveNumber, readOptions, wholeNumber } from '../test/harness/options.ts'
import { figure } from './figures.ts'
import { ENGINE_NAMES, type EngineName } from './store/engine-names.ts'
import { killAndRestart } from './store/kill.ts'
import { type Judgement, losePower } from './store/power-loss.ts'
import { figuresTable, type Measured, outcomesTable } from './store/store-report.ts'
import type { Message } from './store/tasks.ts'
import { runTask } from './store/worker.ts'

const MIB = 2 ** 20

const { values: flags } = readOptions({
  options: {
    keys: { type: 'string', default: '1000000' },
    puts: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '1' },
    trials: { type: 'string', default: '30' },
    'checkpoint-mib': { type: 'string', default: '6' },
    engines: { type: 'string', default: ENGINE_NAMES.join(',') },
    directory: { type: 'string', default: tmpdir() },
  },
})
const keys = wholeNumber('keys', flags.keys, 1)
const puts = wholeNumber('puts', flags.puts, 1)
const rounds = wholeNumber('rounds', flags.rounds, 1)
const trials = wholeNumber('trials', flags.trials, 0)
const checkpointBytes = positiveNumber('checkpoint-mib', flags['checkpoint-mib']) * MIB
const engines = flags.engines.split(',').map(name => oneOf('engines', name, ENGINE_NAMES))
const base = mkdtempSync(join(flags.directory, 'quorate-bench-store-'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(base, { recursive: true, force: true })
    process.exit(1)
  })
}

const measured: Measured = new Map()

function hearer(engine: EngineName): (message: Message) => void {
  return message => {
    if (message.kind !== 'figure') return
    const name = `${engine} ${message.figure}`
    measured.set(name, [...(measured.get(name) ?? []), message.value])
    process.stderr.write(`  ${engine.padEnd(14)} ${message.figure}: ${figure(message.value)}\n`)
  }
}

function emptyDirectory(engine: EngineName): string {
  const directory = `${base}/${engine}`
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  return directory
}

async function measure(engine: EngineName): Promise<void> {
  const hear = hearer(engine)
  const directory = emptyDirectory(engine)
  const options = { engine, directory, keys, checkpointBytes }
  await runTask({ kind: 'phases', puts, ...options }, hear)
  await killAndRestart(options, hear)
  await runTask({ kind: 'inOrder', ...options, directory: emptyDirectory(engine) }, hear)
  rmSync(directory, { recursive: true })
}

try {
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    for (const engine of engines) await measure(engine)
  }
  const judgements = new Map<EngineName, readonly Judgement[]>()
  for (const engine of trials > 0 ? engines : []) {
    const directory = emptyDirectory(engine)
    const judged = await losePower(engine, directory, trials)
    rmSync(directory, { recursive: true })
    judgements.set(engine, judged)
    for (const { outcome, why } of judged) process.stderr.write(`  ${engine.padEnd(14)} ${outcome}: ${why}\n`)
  }
  const machine = `${cpus().length} cores, Node.js ${process.version}`
  const size = `${keys} keys, ${puts} overwrites, a checkpoint every ${flags['checkpoint-mib']} MiB`
  process.stdout.write(`${size}; medians of ${rounds} rounds on ${machine}\n\n`)
  process.stdout.write(`${figuresTable(engines, measured)}\n`)
  if (trials > 0) process.stdout.write(`\n${outcomesTable(engines, judgements)}\n`)
} finally {
  rmSync(base, { recursive: true, force: true })
}
