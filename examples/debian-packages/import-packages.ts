/**
 * The whole story: start three nodes, import the index while leader after leader dies, import it again, and
 * compare what every node then holds with the source, byte for byte.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatPair } from '../../src/cli/json-pair.ts'
import { Cluster, type ClusterNode } from '../../test/harness/cluster.ts'
import { etcdctl, quorate } from '../../test/harness/command.ts'
import { until } from '../../test/harness/until.ts'
import { type Kill, killLeaders, metric, revision } from './leader-killer.ts'
import { readPackages } from './packages.ts'

export interface Options {
  /** The first so many packages of the index. Default: all. */
  readonly packages?: number
  /** Leaders to be killed during the import, at least. */
  readonly kills: number
  say(line: string): void
}

export interface Summary {
  readonly packages: number
  readonly fileBytes: number
  readonly kills: readonly Kill[]
  readonly first: ImportOutcome
  readonly second: ImportOutcome
  readonly reads: readonly { readonly node: string; readonly consistency: string; readonly ms: number }[]
}

export interface ImportOutcome {
  readonly written: number
  readonly unchanged: number
  readonly ms: number
}

/** Throws at the first thing that is not as promised. */
export async function importPackages(options: Options): Promise<Summary> {
  const { kills: killsMin, say } = options
  const directory = mkdtempSync(join(tmpdir(), 'debian-packages-'))
  const file = join(directory, 'packages.jsonl')
  const packages = await readPackages(options.packages)
  writeFileSync(file, jsonLines(packages))
  say(`${packages.size} packages, ${mebibytes(statSync(file).size)} of JSON lines`)
  const cluster = await Cluster.start()
  try {
    const { first, kills } = await importUnderFire(cluster, file, packages.size, killsMin, say)
    const second = await runImport(cluster, file)
    say(`again: ${told(second)}`)
    expect(second.unchanged === packages.size && second.written === 0, 'the second import wrote something')
    const reads = await readEveryNode(cluster, packages, say)
    return { packages: packages.size, fileBytes: statSync(file).size, kills, first, second, reads }
  } finally {
    await cluster.destroy()
    rmSync(directory, { recursive: true })
  }
}

function jsonLines(packages: ReadonlyMap<string, Buffer>): string {
  return [...packages].map(([name, value]) => `${formatPair({ key: Buffer.from(name), value })}\n`).join('')
}

async function importUnderFire(
  cluster: Cluster,
  file: string,
  count: number,
  killsMin: number,
  say: (line: string) => void,
): Promise<{ first: ImportOutcome; kills: Kill[] }> {
  let ended = false
  // The wanted number is reached by the middle, and then it goes on at the same pace.
  const everyPairs = Math.max(1, Math.floor(count / (2 * killsMin)))
  const running = runImport(cluster, file).finally(() => {
    ended = true
  })
  const [first, kills] = await Promise.all([
    running,
    killLeaders({ cluster, everyPairs, ended: () => ended }),
  ])
  for (const { name, atPairs, pauseMs } of kills) {
    say(`  killed the leader ${name} at ${atPairs} pairs; the next write ${pauseMs.toFixed(0)} ms later`)
  }
  say(`import: ${told(first)}, ${kills.length} leaders killed`)
  expect(first.written + first.unchanged === count, 'the import counts other pairs than there are')
  expect(kills.length >= killsMin, `only ${kills.length} leaders died before the import had ended`)
  return { first, kills }
}

async function runImport(cluster: Cluster, file: string): Promise<ImportOutcome> {
  const start = performance.now()
  const endpoints = cluster.endpoints.join(',')
  const { status, stdout, stderr } = await quorate(['kv', 'import', file, '--json', '--endpoints', endpoints])
  expect(status === 0, `the import ended with status ${status}: ${stderr}`)
  const { written, unchanged } = JSON.parse(stdout) as { written: number; unchanged: number }
  return { written, unchanged, ms: performance.now() - start }
}

async function readEveryNode(
  cluster: Cluster,
  packages: ReadonlyMap<string, Buffer>,
  say: (line: string) => void,
): Promise<Summary['reads'][number][]> {
  await Promise.all(cluster.nodes.map(node => node.becomesHealthy(120_000)))
  const newest = await revision(cluster.nodes)
  const reads: Summary['reads'][number][] = []
  for (const node of cluster.nodes) {
    await until(
      `${node.layout.name} to be at revision ${newest}`,
      async () => (await metric(node, 'etcd_debugging_mvcc_current_revision')) === newest,
      120_000,
    )
    for (const consistency of ['l', 's']) {
      const ms = await readOneNode(node, consistency, packages)
      const kind = consistency === 'l' ? 'linearizable' : 'serializable'
      say(`${node.layout.name}: all equal (${kind}, ${(ms / 1000).toFixed(1)} s)`)
      reads.push({ node: node.layout.name, consistency, ms })
    }
  }
  return reads
}

interface Answer {
  readonly count: number
  readonly kvs: readonly { readonly key: string; readonly value: string; readonly version: number }[]
}

/** Every package is there once, written once, to the byte, and nothing else. */
async function readOneNode(
  { layout: { name, clientUrl } }: ClusterNode,
  consistency: string,
  packages: ReadonlyMap<string, Buffer>,
): Promise<number> {
  const start = performance.now()
  const args = ['get', '--prefix', '', '-w', 'json', `--consistency=${consistency}`]
  const { status, bytes, stderr } = await etcdctl(clientUrl, args)
  const ms = performance.now() - start
  expect(status === 0, `etcdctl on ${name} ended with status ${status}: ${stderr}`)
  const { kvs, count } = JSON.parse(bytes.toString('latin1')) as Answer
  expect(count === packages.size && kvs.length === packages.size, `${name} has ${count} keys`)
  for (const { key, value, version } of kvs) {
    const packageName = Buffer.from(key, 'base64').toString('latin1')
    const stanza = packages.get(packageName)
    expect(stanza !== undefined, `${name} has ${packageName}, which nobody wrote`)
    expect(stanza?.equals(Buffer.from(value, 'base64')) === true, `${name} has another ${packageName}`)
    expect(version === 1, `${name} has version ${version} of ${packageName}, which was written once`)
  }
  return ms
}

function told({ written, unchanged, ms }: ImportOutcome): string {
  const rate = ((written + unchanged) / (ms / 1000)).toFixed(0)
  return `${written} written, ${unchanged} unchanged in ${(ms / 1000).toFixed(1)} s (${rate} a second)`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}
