/**
 * The whole command set of etcdctl (3.4): each command against three nodes of ours and three of etcd, and what it says
 * compared but for what is a cluster's own. A command that the table lacks fails the test.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { etcdctl } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'
import { type CommandStep, GROUPS, LOCAL } from './etcdctl-commands.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const lack = missing('etcdctl', 'version')
const withEtcdctl = testUnless(lack)
const differential = testUnless(lack ?? missing('etcd', '--version'))

/** A cluster, and what etcdctl said of it before. */
interface Side {
  readonly cluster: Cluster
  /** Ids in the order in which they were said. */
  readonly ids: string[]
}

let sides: readonly [Side, Side] | undefined

beforeAll(async () => {
  if (lack !== null || missing('etcd', '--version') !== null) return
  const [ours, theirs] = await Promise.all([
    Cluster.start(),
    Cluster.start({ program: 'etcd', flags: ['--log-level=error'] }),
  ])
  sides = [
    { cluster: ours, ids: [] },
    { cluster: theirs, ids: [] },
  ]
})

afterAll(async () => {
  for (const { cluster } of sides ?? []) await cluster.destroy()
})

interface Member {
  readonly id: string
  readonly endpoint: string
  readonly leads: boolean
}

/** In the order of the endpoints. Ids are 64 bits, which JSON does not keep whole: text. */
async function membersOf({ cluster }: Side): Promise<Member[]> {
  const { stdout } = await etcdctl(cluster.endpoints.join(','), ['endpoint', 'status'])
  return stdout
    .trim()
    .split('\n')
    .map(line => line.split(', '))
    .map(([endpoint, id, , , leads]) => ({ endpoint: endpoint!, id: id!, leads: leads === 'true' }))
}

async function run(side: Side, { args, stdin, asks, stops }: CommandStep): Promise<string> {
  const { cluster, ids } = side
  let endpoint = asks === 'all' ? cluster.endpoints.join(',') : cluster.endpoints[1]!
  let words = args.map(word => (word === 'ID' ? (ids.at(-1) ?? 'none') : word))
  words = words.map(word => (word === 'OUT' ? join(cluster.directory, 'saved') : word))
  if (asks === 'leader') {
    const members = await membersOf(side)
    endpoint = cluster.endpoints.join(',')
    words = words.map(word => (word === 'OTHER' ? members.find(({ leads }) => !leads)!.id : word))
  }
  if (stops !== undefined) return runUntilSaid(endpoint, words, stops)
  const outcome = await etcdctl(endpoint, words, stdin === undefined ? {} : { stdin })
  const said = `${outcome.stdout}${outcome.stderr}`
  const id = /(?:lease|Member) +([0-9a-f]{12,16}) (?:granted|added)/.exec(said)?.[1]
  if (id !== undefined) ids.push(id)
  return `status ${outcome.status}\n${said}`
}

/** Of a command that goes on for ever: what it says until it has said this. */
async function runUntilSaid(endpoint: string, words: readonly string[], wanted: string): Promise<string> {
  const child = spawn('etcdctl', [`--endpoints=${endpoint}`, ...words], {
    env: { ...process.env, ETCDCTL_API: '3' },
  })
  let said = ''
  const hear = (chunk: Buffer): void => {
    said += String(chunk)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise(resolve => child.once('close', resolve))
  try {
    await until(`etcdctl ${words.join(' ')} to say ${wanted}`, () => said.includes(wanted))
  } finally {
    // As Ctrl-C: it gives back what it holds.
    child.kill('SIGINT')
    await ended
  }
  return said
}

/** Without ids, addresses, times and the lines of its client's log, which are a cluster's own. */
function normal(said: string, { cluster }: Side): string {
  let own = said.replace(/^\{"level":.*\n/gm, '').replaceAll(cluster.directory, 'DIRECTORY')
  for (const [i, { layout }] of cluster.nodes.entries()) {
    own = own.replaceAll(layout.clientUrl, `CLIENT${i}`).replaceAll(layout.clientUrl.slice(7), `CLIENT${i}`)
    own = own.replaceAll(layout.peerUrl, `PEER${i}`)
  }
  return (
    own
      // Padded to sixteen digits with blanks.
      .replace(/ *\b[0-9a-f]{12,16}\b/g, ' ID')
      .replace(/\b\d{15,20}\b/g, 'ID')
      .replace(/took [= ]*[\d.]+[mµn]?s/g, 'took TIME')
      .replace(/took too long, took|(?<=remaining\()\d+s/g, 'TIME')
      .replace(/(?<=ETCD_INITIAL_CLUSTER=").*(?=")/, list => list.split(',').toSorted().join(','))
      .replace(/(?<="(?:raft_term|RaftTerm)"[ :]+)\d+/g, 'TERM')
      .split('\n')
      .map(line => line.trimEnd())
      .join('\n')
  )
}

/** How many lines there are, and of how many parts each is made. */
function shape(text: string): string {
  const lines = text.trim().split('\n')
  return lines
    .map(line => line.split(/, | /).length)
    .toSorted()
    .join(' ')
}

function compared(said: string, side: Side, { compares }: CommandStep): string {
  if (compares === 'its status') return said.split('\n')[0]!
  const own = normal(said, side)
  return compares === undefined ? own.split('\n').toSorted().join('\n') : shape(own)
}

async function both(step: CommandStep): Promise<void> {
  const asked = async (side: Side): Promise<string> => {
    let said = await run(side, step)
    const wanted = step.until
    if (wanted !== undefined) {
      await until(`${step.args.join(' ')}: ${wanted}`, async () => {
        if (!said.includes(wanted)) said = await run(side, step)
        return said.includes(wanted)
      })
    }
    return said
  }
  const [ours, theirs] = await Promise.all(sides!.map(asked))
  expect(compared(ours!, sides![0], step), `etcdctl ${step.args.join(' ')}`).toBe(
    compared(theirs!, sides![1], step),
  )
}

describe('etcdctl says what it says against etcd:', () => {
  for (const [name, steps] of GROUPS) {
    differential(name, async () => {
      for (const step of steps) await both(step)
    })
  }
})

withEtcdctl('make-mirror copies what is there and what comes', async () => {
  const [{ cluster }] = sides!
  const from = cluster.endpoints[0]!
  await etcdctl(from, ['put', 'from/1', 'a'])
  const mirror = spawn(
    'etcdctl',
    [
      `--endpoints=${from}`,
      'make-mirror',
      '--prefix=from/',
      '--dest-prefix=to/',
      cluster.endpoints[2]!.slice(7),
    ],
    { env: { ...process.env, ETCDCTL_API: '3' }, stdio: 'ignore' },
  )
  try {
    const isCopied = async (key: string, value: string): Promise<boolean> =>
      (await etcdctl(from, ['get', key, '--print-value-only'])).stdout === `${value}\n`
    await until('what was there', () => isCopied('to/1', 'a'))
    await etcdctl(from, ['put', 'from/2', 'b'])
    await until('what came', () => isCopied('to/2', 'b'))
  } finally {
    mirror.kill()
  }
})

withEtcdctl('no command of etcdctl is left out', () => {
  const { stdout } = spawnSync('etcdctl', ['--help'], { env: { ...process.env, ETCDCTL_API: '3' } })
  const [, listed] = /COMMANDS:\n(.*?)\n\n/s.exec(String(stdout))!
  const commands = listed!.split('\n').map(line => line.trim().split('\t')[0]!.trim())
  expect(commands.length).toBeGreaterThan(40)
  const asked = GROUPS.flatMap(([, steps]) =>
    steps.map(({ args }) => args.filter(word => !word.startsWith('--')).join(' ')),
  )
  const isAsked = (command: string): boolean => asked.some(line => `${line} `.startsWith(`${command} `))
  expect(commands.filter(command => !isAsked(command) && LOCAL[command] === undefined)).toEqual([])
})
