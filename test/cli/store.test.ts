/** `quorate store`: what stands in the files of a node that is stopped, with every damage named. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeChecksum, nodeClock, nodeDisk, nodeRuntime } from '../../src/runtime/node/index.ts'
import { openNodeStore } from '../../src/server/node-storage.ts'
import { inspectStore } from '../../src/storage/store/inspect-store.ts'
import { tablesOf } from '../../src/storage/store/manifest.ts'
import { quorate } from '../harness/command.ts'
import { flipByte } from '../harness/flip-byte.ts'
import { loneNodes } from '../harness/lone-node.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const KEYS = 3_000
const prepared = loneNodes()
let dataDirectory: string
let storeDirectory: string

beforeEach(async () => {
  dataDirectory = mkdtempSync(`${tmpdir()}/quorate-store-`)
  storeDirectory = join(dataDirectory, 'store')
  await fill()
})

afterEach(() => {
  rmSync(dataDirectory, { recursive: true, force: true })
})

/** Whether a store's manifest names any tables. */
function isHeld(directory: string): boolean {
  const store = inspectStore({ disk: nodeDisk(), clock: nodeClock(), checksum: nodeChecksum(), directory })
  return 'manifest' in store && tablesOf(store.manifest).length > 0
}

/** Heads and revisions of so many keys, in tables. */
async function fill(): Promise<void> {
  const store = await openNodeStore(nodeRuntime(), storeDirectory)
  const batch = store.batch()
  const text = new TextEncoder()
  for (let i = 0; i < KEYS; i++) {
    batch.put(text.encode(`h key ${i}`), text.encode(`revision ${i}`))
    batch.put(text.encode(`r ${String(i).padStart(8, '0')}`), new Uint8Array(100).fill(i))
  }
  batch.commit()
  await new Promise<void>((resolve, reject) => {
    store.checkpoint(error => (error === null ? resolve() : reject(error)))
  })
  store.close()
}

/** Files, oldest table first, and when each was changed last. */
function files(): string[] {
  return readdirSync(storeDirectory).toSorted()
}

function timesOf(directory: string): Record<string, number> {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return Object.fromEntries(entries.map(name => [name, statSync(join(directory, name)).mtimeMs]))
}

const verify = (directory: string, ...flags: string[]) => quorate(['store', 'verify', directory, ...flags])
const stats = (directory: string, ...flags: string[]) => quorate(['store', 'stats', directory, ...flags])

describe('quorate store verify', () => {
  test.each([
    ['the data directory', () => dataDirectory],
    ['the data directory, with a slash', () => `${dataDirectory}/`],
    ['the store in it', () => storeDirectory],
  ])('says in one line that nothing is damaged: %s', async (_, directory) => {
    const before = timesOf(dataDirectory)
    const { status, stdout, stderr } = await verify(directory())
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^nothing is damaged: tables 2, records 6000, \d+\.\d KiB\n$/)
    expect(timesOf(dataDirectory)).toEqual(before)
  })

  test('takes the directory that it is started in', async () => {
    const { status, stderr } = await quorate(['store', 'verify', '.'], { directory: storeDirectory })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('says so as JSON', async () => {
    const { status, stdout } = await verify(dataDirectory, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ tables: 2, records: 2 * KEYS, damages: [], strays: [] })
  })

  test('names the file and the place of a byte that changed in the middle of a table', async () => {
    const [name] = files()
    const path = join(storeDirectory, name!)
    const offset = Math.floor(statSync(path).size / 2)
    flipByte(path, offset)
    const { status, stdout, stderr } = await verify(dataDirectory)
    expect(status).toBe(1)
    const [, file, at] = /^(.*) at offset (\d+): the checksum of a block is wrong\n$/.exec(stdout)!
    expect(file).toBe(path)
    expect(offset - Number(at)).toBeGreaterThanOrEqual(0)
    expect(offset - Number(at)).toBeLessThan(8_192)
    expect(stderr).toContain(`the store in ${dataDirectory} is damaged in one place [QUORATE_STORE_DAMAGED]`)
    expect(stderr).toContain('hint: ')
  })

  test('names the damage of a node that is stopped, and is content with one that was killed', async () => {
    const lone = await prepared('--snapshot-count=100')
    await lone.start()
    await lone.fill(2_000, 200)
    await lone.node.kill()
    expect(await verify(lone.dataDir)).toMatchObject({ status: 0, stderr: '' })
    await lone.start()
    const store = join(lone.dataDir, 'store')
    const tables = (): string[] => readdirSync(store).filter(name => name.endsWith('.table'))
    // The first process may have been killed before it had made one; the second applies more than that takes.
    await until('a table', () => isHeld(store))
    await lone.stop()
    const sizes = new Map(tables().map(name => [name, statSync(join(store, name)).size]))
    const [largest, size] = [...sizes].toSorted(([, a], [, b]) => b - a)[0]!
    flipByte(join(store, largest), size >> 1)
    const { status, stdout, stderr } = await verify(lone.dataDir)
    expect(status).toBe(1)
    expect(stdout).toContain(`${join(store, largest)} at offset `)
    expect(stderr).toContain('[QUORATE_STORE_DAMAGED]')
  })

  test('goes on behind a damage: every table that is damaged or missing is named', async () => {
    const [first, second] = files()
    rmSync(join(storeDirectory, first!))
    flipByte(join(storeDirectory, second!), 100)
    flipByte(join(storeDirectory, second!), 100_000)
    const { status, stdout, stderr } = await verify(dataDirectory, '--json')
    expect(status).toBe(1)
    const { damages } = JSON.parse(stdout) as { damages: { file: string; what: string }[] }
    expect(damages.map(({ file }) => file.slice(-first!.length))).toEqual([first, second, second])
    expect(damages[0]!.what).toBe('the file is missing')
    expect(stderr).toContain('is damaged in 3 places [QUORATE_STORE_DAMAGED]')
  })

  test('names a manifest that is damaged or missing', async () => {
    const path = join(storeDirectory, 'manifest')
    flipByte(path, 20)
    const damaged = await verify(dataDirectory)
    expect(damaged.stdout).toContain(`${path} at offset 0: `)
    expect(damaged.stderr).toContain('[QUORATE_STORE_DAMAGED]')
    rmSync(path)
    const missing = await verify(dataDirectory)
    expect(missing.status).toBe(1)
    expect(missing.stdout).toBe(`${path} at offset 0: the file is missing, but there are tables\n`)
  })

  test('notes files that are not of the store, and leaves them alone', async () => {
    writeFileSync(join(storeDirectory, '00009999.table'), 'half a table')
    writeFileSync(join(storeDirectory, 'notes.txt'), 'a note')
    const before = timesOf(dataDirectory)
    const { status, stdout } = await verify(dataDirectory)
    expect(status).toBe(0)
    expect(stdout.split('\n').slice(1)).toEqual([
      'note: 00009999.table: the next start removes it',
      'note: notes.txt: it is no part of the store, and stays',
      '',
    ])
    expect(timesOf(dataDirectory)).toEqual(before)
  })
})

describe('quorate store stats', () => {
  test('adds up to the keys that were put, each keyspace by its name', async () => {
    const { status, stdout, stderr } = await stats(dataDirectory)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [header, heads, revisions, total, generation] = stdout.split('\n')
    const words = 'KEYSPACE RUNS TABLES SIZE RECORDS TOMBSTONES SUPERSEDED KEYS KEYS\\+VALUES'
    expect(header).toMatch(new RegExp(`^${words.replaceAll(' ', ' +')}$`))
    expect(heads).toMatch(/^h heads +1 +1 +\d+\.\d KiB +3000 +0 +0 +3000 +\d+\.\d KiB$/)
    expect(revisions).toMatch(/^r revisions +1 +1 +\d+\.\d KiB +3000 +0 +0 +3000 +\d+\.\d KiB$/)
    expect(total).toMatch(/^total +2 +2 +\d+\.\d KiB +6000 +0 +0 +6000 +/)
    expect(generation).toMatch(/^generation \d+$/)
  })

  test('says so as JSON', async () => {
    const { stdout } = await stats(dataDirectory, '--json')
    const found = JSON.parse(stdout) as { totals: Record<string, number>; keyspaces: { keyspace: string }[] }
    expect(found.keyspaces.map(({ keyspace }) => keyspace)).toEqual(['h heads', 'r revisions'])
    const sizes = files().filter(name => name.endsWith('.table'))
    expect(found.totals).toMatchObject({
      keys: 2 * KEYS,
      superseded: 0,
      fileBytes: sizes.reduce((sum, name) => sum + statSync(join(storeDirectory, name)).size, 0),
      keyAndValueBytes: KEYS * (10 + 100) + sum(i => `h key ${i}`.length + `revision ${i}`.length),
    })
  })

  test('ends at a table that does not say what it holds', async () => {
    const path = join(storeDirectory, files()[0]!)
    flipByte(path, statSync(path).size - 1)
    const { status, stdout, stderr } = await stats(dataDirectory)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain(path)
    expect(stderr).toContain('[QUORATE_STORE_DAMAGED]')
  })
})

describe('a directory that cannot be looked at', () => {
  test('has no store: QUORATE_STORE_MISSING', async () => {
    mkdirSync(join(dataDirectory, 'empty'))
    for (const directory of ['empty', 'none'].map(name => join(dataDirectory, name))) {
      for (const look of [verify, stats]) {
        const { status, stdout, stderr } = await look(directory)
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
        expect(stderr).toContain(`there is no store in ${directory} [QUORATE_STORE_MISSING]`)
      }
    }
    expect(readdirSync(join(dataDirectory, 'empty'))).toEqual([])
  })

  test('is a file: QUORATE_DATA_DIR_UNREADABLE', async () => {
    const path = join(dataDirectory, 'file')
    writeFileSync(path, '')
    expect((await verify(path)).stderr).toContain('[QUORATE_DATA_DIR_UNREADABLE]')
  })

  test('has a store of an earlier version: QUORATE_STORE_FORMAT', async () => {
    writeFileSync(join(storeDirectory, 'checkpoint'), '')
    expect((await stats(dataDirectory)).stderr).toContain('[QUORATE_STORE_FORMAT]')
  })

  test('is in use by a living node: QUORATE_DATA_DIR_LOCKED, and the node goes on', async () => {
    const lone = await prepared()
    await lone.start()
    await lone.fill(10)
    const lock = readFileSync(join(lone.dataDir, 'LOCK'))
    for (const directory of [lone.dataDir, join(lone.dataDir, 'store')]) {
      const { status, stdout, stderr } = await verify(directory)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain(`is in use by process ${lone.node.process.pid} [QUORATE_DATA_DIR_LOCKED]`)
    }
    expect(readFileSync(join(lone.dataDir, 'LOCK'))).toEqual(lock)
    expect(await lone.count()).toBe(10)
    await lone.stop()
    expect((await verify(lone.dataDir)).status).toBe(0)
    await lone.start()
    expect(await lone.count()).toBe(10)
  })

  // Root may write anywhere: to it this shows nothing.
  test('that nobody may write to is looked at all the same', async () => {
    const directories = [dataDirectory, storeDirectory]
    for (const directory of directories) chmodSync(directory, 0o500)
    const { status, stderr } = await verify(dataDirectory)
    for (const directory of directories) chmodSync(directory, 0o700)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

function sum(bytesOf: (i: number) => number): number {
  let total = 0
  for (let i = 0; i < KEYS; i++) total += bytesOf(i)
  return total
}
