/** Data directories that a node must not use, and disks that fail it: it says why, ends, and changes nothing. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { Cluster } from '../harness/cluster.ts'
import { quorate } from '../harness/command.ts'
import { flipByte } from '../harness/flip-byte.ts'
import { type LoneNode, loneNodes } from '../harness/lone-node.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const REFUSED = 3
/** A node that stopped itself: `HALT_EXIT_STATUS`. */
const HALTED = 70
const prepared = loneNodes()

async function filled(count: number, ...flags: string[]): Promise<LoneNode> {
  const lone = await prepared(...flags)
  await lone.start()
  await lone.fill(count)
  await lone.stop()
  return lone
}

/** Every file below a directory with its bytes, but for the lock. */
function content(directory: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && entry.name !== 'LOCK')
      files[path.slice(directory.length)] = readFileSync(path, 'base64')
  }
  return files
}

async function expectRefusal(lone: LoneNode, code: string, ...words: string[]): Promise<void> {
  const { status, said } = await lone.refusesToStart()
  for (const word of words) expect(said).toContain(word)
  expect(said).toContain(`[${code}]`)
  expect(said).toContain('; hint: ')
  expect(status).toBe(REFUSED)
}

describe('a data directory', () => {
  test('of another member is refused', async () => {
    const cluster = await Cluster.prepare()
    const [first, second] = [cluster.node(0), cluster.node(1)]
    for (const node of cluster.nodes) node.start()
    await first.becomesHealthy(60_000)
    for (const node of cluster.nodes) await node.process.stop()
    renameSync(first.layout.dataDir, `${first.layout.dataDir}.away`)
    renameSync(second.layout.dataDir, first.layout.dataDir)
    first.start()
    expect((await first.process.ended).status).toBe(REFUSED)
    const said = first.process.log().trimEnd().split('\n').at(-1)
    expect(said).toMatch(
      /belongs to the member n2 \(\w+\), not to n1 \(\w+\) \[QUORATE_DATA_DIR_FOREIGN_NODE\]/,
    )
    await cluster.destroy()
  })

  test('of another cluster is refused', async () => {
    const [lone, other] = [await filled(10), await prepared()]
    const before = content(lone.dataDir)
    renameSync(lone.dataDir, other.dataDir)
    await expectRefusal(other, 'QUORATE_DATA_DIR_FOREIGN_CLUSTER', 'belongs to cluster ')
    expect(content(other.dataDir)).toEqual(before)
    renameSync(other.dataDir, lone.dataDir)
    await lone.start()
    expect(await lone.count()).toBe(10)
  })

  test('that a living process uses is refused, and the other goes on', async () => {
    const lone = await prepared()
    await lone.start()
    const { clientUrl, peerUrl } = (await prepared()).node.layout
    const urls = [`--listen-client-urls=${clientUrl}`, `--listen-peer-urls=${peerUrl}`]
    const { status, stderr } = await quorate(['server', `--data-dir=${lone.dataDir}`, ...urls])
    expect(stderr).toContain(`is in use by process ${lone.node.process.pid} [QUORATE_DATA_DIR_LOCKED]`)
    expect(status).toBe(REFUSED)
    await lone.fill(3)
    expect(await lone.count()).toBe(3)
  })

  test('of a real etcd is refused, and not a file is added to it', async () => {
    const lone = await prepared()
    mkdirSync(join(lone.dataDir, 'member/wal'), { recursive: true })
    writeFileSync(join(lone.dataDir, 'member/wal/0.wal'), 'etcd')
    await expectRefusal(lone, 'QUORATE_DATA_DIR_OF_ETCD', 'is one of etcd')
    expect(readdirSync(lone.dataDir)).toEqual(['member'])
  })

  test('that is a file, or has a file where a directory belongs, is refused', async () => {
    const lone = await prepared()
    writeFileSync(lone.dataDir, 'a file')
    await expectRefusal(lone, 'QUORATE_DATA_DIR_UNREADABLE', lone.dataDir)
    expect(readFileSync(lone.dataDir, 'utf8')).toBe('a file')
    rmSync(lone.dataDir)
    mkdirSync(lone.dataDir)
    writeFileSync(join(lone.dataDir, 'log'), 'a file')
    await expectRefusal(lone, 'QUORATE_DATA_DIR_UNREADABLE', lone.dataDir)
    expect(readFileSync(join(lone.dataDir, 'log'), 'utf8')).toBe('a file')
  })

  test('whose identity is damaged, missing or of a newer version is refused', async () => {
    const lone = await filled(3)
    const identity = join(lone.dataDir, 'identity')
    const bytes = readFileSync(identity)
    for (const [damaged, code] of [
      [bytes.with(20, bytes[20]! ^ 1), 'QUORATE_DATA_DIR_DAMAGED'],
      [bytes.subarray(0, 10), 'QUORATE_DATA_DIR_DAMAGED'],
      [new Uint8Array(), 'QUORATE_DATA_DIR_DAMAGED'],
    ] as const) {
      writeFileSync(identity, damaged)
      await expectRefusal(lone, code, identity)
      expect([...readFileSync(identity)]).toEqual([...damaged])
    }
    rmSync(identity)
    await expectRefusal(lone, 'QUORATE_DATA_DIR_DAMAGED', identity, 'the file is missing')
    writeFileSync(identity, bytes)
    await lone.start()
    expect(await lone.count()).toBe(3)
  })
})

describe('damage', () => {
  test('in the middle of the log is named by file and offset, and the log is left as it is', async () => {
    const lone = await prepared()
    await lone.start()
    // One after the other, each at least a batch of its own.
    for (let i = 1; i <= 10; i++) await lone.fill(i)
    await lone.stop()
    const file = join(lone.dataDir, 'log/00000001.log')
    const batches = batchOffsets(file)
    expect(batches.length).toBeGreaterThan(4)
    const at = batches[Math.floor(batches.length / 2)]! + 60
    flipByte(file, at)
    const before = content(lone.dataDir)
    await expectRefusal(lone, 'QUORATE_LOG_DAMAGED', file, 'at offset ')
    expect(content(lone.dataDir)).toEqual(before)
    flipByte(file, at)
    await lone.start()
    expect(await lone.count()).toBe(10)
  })

  test('of all: a log that is gone is not begun anew, whatever went with it', async () => {
    const lone = await filled(10)
    const kept = `${lone.dataDir}.kept`
    cpSync(lone.dataDir, kept, { recursive: true })
    const log = join(lone.dataDir, 'log')
    for (const lose of [
      () => {
        for (const name of readdirSync(log)) rmSync(join(log, name))
      },
      () => rmSync(log, { recursive: true }),
      () => rmSync(join(lone.dataDir, 'store'), { recursive: true }),
    ]) {
      lose()
      const before = content(lone.dataDir)
      await expectRefusal(lone, 'QUORATE_LOG_DAMAGED', 'the log is gone', log)
      expect(content(lone.dataDir)).toEqual(before)
    }
    rmSync(lone.dataDir, { recursive: true })
    renameSync(kept, lone.dataDir)
    await lone.start()
    expect(await lone.count()).toBe(10)
  })

  test('of the store is QUORATE_STORE_DAMAGED; without it, the log does not begin where it must', async () => {
    const lone = await prepared('--snapshot-count=50', '--snapshot-catchup-entries=10')
    await lone.start()
    const store = join(lone.dataDir, 'store')
    const manifest = join(store, 'manifest')
    const first = readFileSync(manifest)
    await lone.fill(300)
    await until('a checkpoint', () => !readFileSync(manifest).equals(first), 60_000)
    // The log hears of it with the next writes.
    await lone.fill(300)
    await lone.stop()
    const before = content(lone.dataDir)
    const middle = Math.floor(statSync(manifest).size / 2)
    flipByte(manifest, middle)
    await expectRefusal(lone, 'QUORATE_STORE_DAMAGED', manifest, 'at offset ')
    flipByte(manifest, middle)
    expect(content(lone.dataDir)).toEqual(before)
    renameSync(store, `${store}.away`)
    await expectRefusal(lone, 'QUORATE_STORE_BEHIND_LOG')
    rmSync(store, { recursive: true })
    renameSync(`${store}.away`, store)
    expect(content(lone.dataDir)).toEqual(before)
    await lone.start()
    expect(await lone.count()).toBe(300)
  })
})

const HEADER_BYTES = 48
const PAGE_BYTES = 4096

/** Where batches begin: on pages, with the magic "QBAT". */
function batchOffsets(file: string): number[] {
  const bytes = readFileSync(file)
  const offsets: number[] = []
  for (let at = 0; at + HEADER_BYTES < bytes.length; at += PAGE_BYTES) {
    if (bytes.toString('latin1', at, at + 4) === 'QBAT') offsets.push(at)
  }
  return offsets
}

/** A file system of its own in the place of a directory, if this user may mount one. */
class SmallDisk {
  readonly path: string

  constructor(path: string) {
    mkdirSync(path, { recursive: true })
    this.path = path
  }

  mount(options: string): boolean {
    return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.path]).status === 0
  }

  remount(options: string): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${options}`, this.path])
    if (status !== 0) throw new Error(String(stderr))
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path])
  }
}

/** Puts k0, k1, ... until one fails; returns how many were acknowledged. */
async function putUntilRefused(url: string): Promise<number> {
  const { client } = connectEndpoints(url)
  const value = new Uint8Array(100_000)
  try {
    for (let i = 0; ; i++) {
      try {
        await client.put(`k${i}`, value)
      } catch (error) {
        // The node died with it: nobody can say what became of it.
        expect(error).toMatchObject({ outcome: 'unknown' })
        return i
      }
    }
  } finally {
    client.close()
  }
}

function whyNotMountable(): string | null {
  if (process.platform !== 'linux' || missing('mount', '--version') !== null) return 'no mount(8) here'
  const disk = new SmallDisk(mkdtempSync(join(tmpdir(), 'quorate-disk-')))
  const isMounted = disk.mount('size=1m')
  disk.unmount()
  rmSync(disk.path, { recursive: true })
  return isMounted ? null : 'this user may not mount a file system'
}

const withDisk = testUnless(whyNotMountable(), 'anywhere')

describe('a disk', () => {
  withDisk('that fills up stops the node; with room again, all that was acknowledged is there', async () => {
    const lone = await prepared()
    const disk = new SmallDisk(lone.dataDir)
    try {
      disk.mount('size=8m')
      await lone.start()
      const acknowledged = await putUntilRefused(lone.url)
      expect((await lone.node.process.ended).status).toBe(HALTED)
      expect(lone.node.process.log()).toContain('QUORATE_DISK_FULL')
      expect(acknowledged).toBeGreaterThan(10)
      disk.remount('size=64m')
      await lone.start()
      expect(await lone.count()).toBeGreaterThanOrEqual(acknowledged)
    } finally {
      await lone.cluster.destroy(true)
      disk.unmount()
    }
  })

  withDisk('without room for a data directory, or for a log, keeps the node from starting', async () => {
    for (const size of ['4k', '64k']) {
      const lone = await prepared()
      const disk = new SmallDisk(lone.dataDir)
      try {
        disk.mount(`size=${size}`)
        const { status, said } = await lone.refusesToStart()
        expect({ size, said }).toEqual({
          size,
          said: expect.stringMatching(/QUORATE_(DATA_DIR_)?DISK_FULL/) as string,
        })
        expect([REFUSED, HALTED]).toContain(status)
      } finally {
        disk.unmount()
      }
    }
  })

  withDisk('that turns read-only keeps the node from starting, and loses nothing', async () => {
    const lone = await prepared()
    const disk = new SmallDisk(lone.dataDir)
    try {
      disk.mount('size=64m')
      await lone.start()
      await lone.fill(20)
      await lone.stop()
      const before = content(lone.dataDir)
      disk.remount('ro')
      await expectRefusal(lone, 'QUORATE_DATA_DIR_READ_ONLY', lone.dataDir)
      disk.remount('rw')
      expect(content(lone.dataDir)).toEqual(before)
      await lone.start()
      expect(await lone.count()).toBe(20)
    } finally {
      await lone.cluster.destroy(true)
      disk.unmount()
    }
  })
})
