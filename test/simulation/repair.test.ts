/** Members whose disks lose what they had promised or applied: the others give it back, or nobody serves. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type Client, prefixSpan } from '../../src/client/client.ts'
import { addMs } from '../../src/core/time.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import { PROTOCOL_NAMES } from '../../src/protocols/protocols.ts'
import { SimulatedCluster } from '../../src/sim/cluster/simulated-cluster.ts'
import type { SimulatedDisk } from '../../src/sim/disk.ts'

const LIMIT_MS = 60_000
const PAIRS = 60
/** Of every segment: in its third block. */
const SECOND_BATCH = 2 * 4096 + 60

let cluster: SimulatedCluster
let client: Client
/** One for each member, which knows no other. */
let clients: Map<string, Client>

/** Runs until it is over, one way or the other. */
async function over<T>(request: Promise<T>): Promise<T> {
  let isOver = false
  const ended = () => {
    isOver = true
  }
  request.then(ended, ended)
  expect(await cluster.until(() => isOver, LIMIT_MS)).toBe(true)
  return request
}

async function put(key: string, value: string): Promise<void> {
  await over(client.put(key, value, { idempotent: true, timeoutMs: LIMIT_MS }))
}

async function fill(): Promise<void> {
  for (let i = 0; i < PAIRS; i++) await put(`key ${i}`, `${i}`.repeat(200))
}

/** What a member holds, asked of it alone. */
async function contentOf(name: string): Promise<string> {
  const own = clients.get(name) ?? cluster.client(`client of ${name}`, [name])
  clients.set(name, own)
  const found = await over(own.range(prefixSpan(''), { serializable: true, timeoutMs: 1_000 }))
  const pairs = found.kvs.map(({ key, value, modRevision }) => [utf8Text(key), utf8Text(value), modRevision])
  return JSON.stringify(pairs, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}

/** All members run, and come to hold the same: whatever was written. */
async function expectEqualMembers(): Promise<void> {
  await put('last', 'one')
  const deadline = addMs(cluster.now(), LIMIT_MS)
  let contents = new Set<string>()
  while (contents.size !== 1 && cluster.now() < deadline) {
    contents = new Set()
    for (const name of cluster.names) contents.add(await contentOf(name).catch(String))
    await cluster.runFor(100)
  }
  const [content, ...others] = contents
  expect(others).toEqual([])
  for (let i = 0; i < PAIRS; i++) expect(content).toContain(`"key ${i}","${`${i}`.repeat(200)}"`)
}

function files(disk: SimulatedDisk, directory: string): string[] {
  return [...disk.image().keys()].filter(path => path.startsWith(`data/${directory}/`))
}

/** The one that is written to; a file that is being prepared holds nothing yet. */
function lastSegment(disk: SimulatedDisk): string {
  return files(disk, 'log').findLast(path => path.endsWith('.log'))!
}

describe.each(PROTOCOL_NAMES)('with %s', consensus => {
  beforeEach(() => {
    cluster = new SimulatedCluster({
      seed: 1,
      config: { consensus, snapshotEntries: 20, catchUpEntries: 5 },
      tuning: {
        logLimits: { segmentBytes: 256 * 1024, firstSegmentBytes: 256 * 1024 },
        scrubIntervalMs: 100,
      },
    })
    cluster.start()
    client = cluster.client('client')
    clients = new Map()
  })

  describe('what the others still hold is fetched from them', () => {
    test('when there is rot in the middle of the log', async () => {
      await fill()
      const { disk } = cluster.member('b')
      cluster.member('b').kill()
      disk.rot(lastSegment(disk), SECOND_BATCH)
      cluster.member('b').start()
      await expectEqualMembers()
      expect(files(disk, 'log')).toEqual([])
      expect(files(disk, 'log.2')).not.toEqual([])
    })

    test.each([
      ['all files of the log are missing', 'log'],
      ['the whole store is gone', 'store'],
    ])('when %s', async (_, directory) => {
      await fill()
      const { disk } = cluster.member('b')
      cluster.member('b').kill()
      for (const path of files(disk, directory)) disk.remove(path)
      cluster.member('b').start()
      await expectEqualMembers()
    })

    test('when the scrub meets a block of the store that nobody reads', async () => {
      await fill()
      const { disk } = cluster.member('b')
      for (const path of files(disk, 'store')) if (path.endsWith('.table')) disk.rot(path, 100)
      expect(await cluster.until(() => cluster.halts.length > 0, LIMIT_MS)).toBe(true)
      expect(cluster.halts).toMatchObject([{ code: 'QUORATE_STORE_DAMAGED' }])
      cluster.member('b').start()
      await expectEqualMembers()
      expect(files(disk, 'store')).toEqual([])
    })

    test('when the disk is lost, also that of the leader', async () => {
      await fill()
      const [leader] = cluster.leaders
      cluster.member(leader!).losePower()
      cluster.member(leader!).disk.wipe()
      cluster.member(leader!).start()
      await expectEqualMembers()
    })

    test('when all disks are lost, one after the other', async () => {
      await fill()
      for (const name of cluster.names) {
        cluster.member(name).losePower()
        cluster.member(name).disk.wipe()
        cluster.member(name).start()
        await expectEqualMembers()
      }
    })
  })

  describe('a member that may have forgotten what it promised', () => {
    test('does not help to elect somebody who lacks what it has acknowledged', async () => {
      await put('before', '1')
      cluster.member('c').losePower()
      await put('key', 'acknowledged')
      cluster.member('a').losePower()
      cluster.member('b').losePower()
      const { disk } = cluster.member('b')
      for (const path of files(disk, 'log')) disk.remove(path)
      cluster.member('b').start()
      cluster.member('c').start()
      // With the vote of b, c would lead without the write, and a would have to forget it.
      await cluster.runFor(LIMIT_MS)
      expect(cluster.leaders).toEqual([])
      expect(cluster.halts).toEqual([])

      cluster.member('a').start()
      const found = await over(client.get('key', { timeoutMs: LIMIT_MS }))
      expect(found && utf8Text(found.value)).toBe('acknowledged')
    })

    test('serves nobody, nor does anybody else, when a majority has lost its disks', async () => {
      await fill()
      for (const name of ['a', 'b']) {
        cluster.member(name).losePower()
        cluster.member(name).disk.wipe()
      }
      for (const name of ['a', 'b']) cluster.member(name).start()
      await cluster.runFor(LIMIT_MS)
      expect(cluster.leaders).toEqual([])
      await expect(over(client.get('key 1', { timeoutMs: 5_000 }))).rejects.toThrow()
    })
  })

  test('a cluster of one that is damaged still refuses to start, for there is nobody to ask', async () => {
    const alone = new SimulatedCluster({ seed: 1, members: 1, config: { consensus } })
    cluster = alone
    alone.start()
    client = alone.client('client')
    await fill()
    alone.member('a').kill()
    alone.member('a').disk.rot('data/log/00000001.log', SECOND_BATCH)
    alone.member('a').start()
    await alone.runFor(1_000)
    expect(alone.halts).toMatchObject([{ code: 'QUORATE_LOG_DAMAGED', outcome: 'refused' }])
  })
})
