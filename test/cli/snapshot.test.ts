/** `quorate snapshot`: a backup of a running cluster, and a new cluster made of it. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandOutcome, etcdctl, quorate } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const KEYS = 2_000

let cluster: Cluster
let saved: string

const at = ({ endpoints }: Cluster, ...args: string[]): Promise<CommandOutcome> =>
  quorate([...args, '--endpoints', endpoints.join(',')])

beforeEach(async () => {
  cluster = await Cluster.start({ nodes: 1 })
  saved = join(cluster.directory, 'saved')
  const pairs = Array.from({ length: KEYS }, (_, i) => ({ key: `key/${i}`, value: `value ${i}` }))
  const stdin = pairs.map(pair => JSON.stringify(pair)).join('\n')
  await quorate(['kv', 'import', '--endpoints', cluster.endpoints[0]!], { stdin })
  await at(cluster, 'kv', 'put', 'key/7', 'again')
  await at(cluster, 'kv', 'del', 'key/8')
})
afterEach(() => cluster.destroy())

async function save(): Promise<void> {
  expect(await at(cluster, 'snapshot', 'save', saved)).toMatchObject({ status: 0 })
}

test('what was saved is sound, and names what is in it', async () => {
  await save()
  const { status, stdout } = await quorate(['snapshot', 'status', saved, '--json'])
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ path: saved, sizeBytes: readFileSync(saved).length })
  expect(existsSync(`${saved}.part`)).toBe(false)
})

testUnless(missing('etcdctl', 'version'))('etcdctl saves the same file', async () => {
  await save()
  const theirs = join(cluster.directory, 'theirs')
  const { status, stderr } = await etcdctl(cluster.endpoints[0]!, ['snapshot', 'save', theirs])
  expect(status, stderr).toBe(0)
  expect(readFileSync(theirs).equals(readFileSync(saved))).toBe(true)
})

test('a backup can be read by its owner alone', async () => {
  await save()
  expect(statSync(saved).mode & 0o777).toBe(0o600)
})

test('three new members go on from it, history and revisions included', async () => {
  await save()
  const { stdout: before } = await at(cluster, 'kv', 'get', 'key/', '--prefix', '--json')
  const { stdout: history } = await at(cluster, 'kv', 'get', 'key/7', '--rev', '100', '--json')
  const restored = await Cluster.prepare({ nodes: 3 })
  for (const { flags } of restored.nodes) {
    const { status, stderr } = await quorate(['snapshot', 'restore', saved, ...flags])
    expect(status, stderr).toBe(0)
  }
  for (const node of restored.nodes) node.start()
  await Promise.all(restored.nodes.map(node => node.becomesHealthy()))
  for (const endpoint of restored.endpoints) {
    const get = (...args: string[]) => quorate(['kv', 'get', ...args, '--json', '--endpoints', endpoint])
    expect((await get('key/', '--prefix')).stdout).toBe(before)
    expect((await get('key/7', '--rev', '100')).stdout).toBe(history)
  }
  expect(await at(restored, 'kv', 'put', 'after', 'it')).toMatchObject({ status: 0 })
  await restored.destroy()
})

test('a file that is damaged, or none, is refused, and nothing is made of it', async () => {
  await save()
  const bytes = readFileSync(saved)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(saved, bytes)
  const [node] = (await Cluster.prepare({ nodes: 1 })).nodes
  const { status, stderr } = await quorate(['snapshot', 'restore', saved, ...node!.flags])
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('QUORATE_SNAPSHOT_DAMAGED'),
  })
  expect(existsSync(node!.layout.dataDir)).toBe(false)
  const absent = await quorate(['snapshot', 'status', join(cluster.directory, 'absent')])
  expect(absent).toMatchObject({ status: 1, stderr: expect.stringContaining('QUORATE_SNAPSHOT_FILE') })
})

test('a directory that holds something is left alone', async () => {
  await save()
  const [node] = (await Cluster.prepare({ nodes: 1 })).nodes
  mkdirSync(node!.layout.dataDir)
  writeFileSync(join(node!.layout.dataDir, 'mine'), '')
  const { status, stderr } = await quorate(['snapshot', 'restore', saved, ...node!.flags])
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('QUORATE_RESTORE_NOT_EMPTY'),
  })
})

test('a save that fails leaves no file', async () => {
  await cluster.node(0).kill()
  expect((await at(cluster, 'snapshot', 'save', saved)).status).not.toBe(0)
  expect(existsSync(saved)).toBe(false)
  expect(existsSync(`${saved}.part`)).toBe(false)
})
