/**
 * What every `Disk` promises, as tests: the real one and the simulated one run the same suite. Durability
 * itself is not here, because a real disk cannot be made to lose power.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Disk, DiskError, type DiskErrorKind, type DiskFile } from './disk.ts'

export interface DiskWorld {
  readonly disk: Disk
  /** An existing, empty directory. */
  readonly directory: string
  /** Lets the world go on until the condition holds. */
  until(condition: () => boolean): Promise<void>
  close(): void
}

export function describeDisk(name: string, create: () => DiskWorld): void {
  let world: DiskWorld
  let disk: Disk

  const at = (file: string): string => `${world.directory}/${file}`
  const outcome = async (
    start: (done: (error: DiskError | null) => void) => void,
  ): Promise<DiskError | null> => {
    let result: DiskError | null | undefined
    start(error => {
      expect(result, 'a call-back comes once').toBeUndefined()
      result = error
    })
    expect(result, 'a call-back never comes within the call').toBeUndefined()
    await world.until(() => result !== undefined)
    return result ?? null
  }
  const write = (file: DiskFile, offset: number, ...chunks: Uint8Array[]): Promise<DiskError | null> =>
    outcome(done => file.write(offset, chunks, done))
  const content = (path: string): number[] => {
    const file = disk.open(path, 'read')
    const bytes = new Uint8Array(file.size())
    expect(file.read(0, bytes)).toBe(bytes.length)
    file.close()
    return [...bytes]
  }
  const createFile = async (path: string, ...values: number[]): Promise<void> => {
    const file = disk.open(path, 'create')
    expect(await write(file, 0, Uint8Array.from(values))).toBeNull()
    file.close()
  }
  const failure = (operation: () => unknown): DiskErrorKind | 'none' => {
    try {
      operation()
      return 'none'
    } catch (error) {
      if (error instanceof DiskError) return error.kind
      throw error
    }
  }

  describe(`${name} as a Disk`, () => {
    beforeEach(() => {
      world = create()
      disk = world.disk
    })
    afterEach(() => world.close())

    it('reads back what was written, chunk behind chunk', async () => {
      const file = disk.open(at('a'), 'create')
      expect(file.path).toBe(at('a'))
      expect(await write(file, 0, Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3))).toBeNull()
      expect(file.size()).toBe(3)
      file.close()
      expect(content(at('a'))).toEqual([1, 2, 3])
    })

    it('overwrites in place and keeps what is around', async () => {
      const file = disk.open(at('a'), 'create')
      await write(file, 0, Uint8Array.of(1, 2, 3, 4, 5))
      await write(file, 1, Uint8Array.of(8), Uint8Array.of(9))
      file.close()
      expect(content(at('a'))).toEqual([1, 8, 9, 4, 5])
    })

    it('fills a gap before a write with zeros', async () => {
      const file = disk.open(at('a'), 'create')
      await write(file, 3, Uint8Array.of(7))
      file.close()
      expect(content(at('a'))).toEqual([0, 0, 0, 7])
    })

    it('writes and syncs in one call, with the same result as a write', async () => {
      const file = disk.open(at('a'), 'create')
      expect(
        await outcome(done => file.writeSynced(0, [Uint8Array.of(1), Uint8Array.of(2)], done)),
      ).toBeNull()
      expect(await outcome(done => file.writeSynced(2, [Uint8Array.of(3)], done))).toBeNull()
      expect(await outcome(done => file.sync(done))).toBeNull()
      file.close()
      expect(content(at('a'))).toEqual([1, 2, 3])
    })

    it('takes a write of no bytes, and one of many chunks', async () => {
      const file = disk.open(at('a'), 'create')
      expect(await write(file, 0)).toBeNull()
      expect(await outcome(done => file.writeSynced(0, [], done))).toBeNull()
      const chunks = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(i & 0xff, i >> 8))
      expect(await outcome(done => file.writeSynced(0, chunks, done))).toBeNull()
      file.close()
      expect(content(at('a'))).toEqual(chunks.flatMap(chunk => [...chunk]))
    })

    it('calls back in the order of the calls of one file', async () => {
      const file = disk.open(at('a'), 'create')
      const order: number[] = []
      const big = new Uint8Array(1024 * 1024)
      file.writeSynced(0, [big], () => order.push(1))
      file.write(5, [Uint8Array.of(1)], () => order.push(2))
      file.sync(() => order.push(3))
      file.writeSynced(5, [Uint8Array.of(2)], () => order.push(4))
      file.write(6, [Uint8Array.of(3)], () => order.push(5))
      await world.until(() => order.length === 5)
      expect(order).toEqual([1, 2, 3, 4, 5])
      const read = new Uint8Array(2)
      file.read(5, read)
      expect([...read]).toEqual([2, 3])
      file.close()
    })

    it('reads fewer bytes only at the end of the file', async () => {
      await createFile(at('a'), 1, 2, 3)
      const file = disk.open(at('a'), 'read')
      const into = new Uint8Array(5)
      expect(file.read(1, into)).toBe(2)
      expect([...into]).toEqual([2, 3, 0, 0, 0])
      expect(file.read(3, into)).toBe(0)
      expect(file.read(100, into)).toBe(0)
      file.close()
    })

    it('truncates to a shorter file and extends with zeros', async () => {
      const file = disk.open(at('a'), 'create')
      await write(file, 0, Uint8Array.of(1, 2, 3))
      file.truncate(1)
      expect(file.size()).toBe(1)
      file.truncate(3)
      expect(await outcome(done => file.sync(done))).toBeNull()
      file.close()
      expect(content(at('a'))).toEqual([1, 0, 0])
    })

    it('finishes what is under way when a file is closed', async () => {
      const file = disk.open(at('a'), 'create')
      let written = 0
      file.write(0, [Uint8Array.of(1)], () => written++)
      file.write(1, [Uint8Array.of(2)], () => written++)
      file.close()
      await world.until(() => written === 2)
      expect(content(at('a'))).toEqual([1, 2])
    })

    it('creates only what does not exist and opens only what does', async () => {
      expect(failure(() => disk.open(at('a'), 'read'))).toBe('notFound')
      expect(failure(() => disk.open(at('a'), 'write'))).toBe('notFound')
      expect(failure(() => disk.open(at('no/a'), 'create'))).toBe('notFound')
      await createFile(at('a'), 1)
      expect(failure(() => disk.open(at('a'), 'create'))).toBe('exists')
      const file = disk.open(at('a'), 'write')
      expect(await write(file, 1, Uint8Array.of(2))).toBeNull()
      file.close()
      expect(content(at('a'))).toEqual([1, 2])
    })

    it('lists names sorted, and nothing for a directory that is not there', async () => {
      for (const file of ['b', 'a', '10', '9']) await createFile(at(file), 0)
      expect(disk.list(world.directory)).toEqual(['10', '9', 'a', 'b'])
      expect(disk.list(at('missing'))).toEqual([])
    })

    it('makes directories with their parents, again and again', async () => {
      disk.makeDirectory(at('x/y'))
      disk.makeDirectory(at('x/y'))
      expect(disk.exists(at('x/y'))).toBe(true)
      await createFile(at('x/y/a'), 1)
      expect(disk.list(at('x/y'))).toEqual(['a'])
      expect(disk.list(at('x'))).toEqual(['y'])
    })

    it('replaces a file by renaming, and open files follow', async () => {
      await createFile(at('a'), 1)
      await createFile(at('b'), 2)
      const open = disk.open(at('a'), 'write')
      disk.rename(at('a'), at('b'))
      expect(disk.exists(at('a'))).toBe(false)
      expect(await outcome(done => open.writeSynced(1, [Uint8Array.of(3)], done))).toBeNull()
      open.close()
      expect(content(at('b'))).toEqual([1, 3])
      expect(disk.exists(at('a'))).toBe(false)
      expect(await outcome(done => disk.syncDirectory(world.directory, done))).toBeNull()
      expect(failure(() => disk.rename(at('a'), at('c')))).toBe('notFound')
    })

    it('never writes through a name that stands for another file by now', async () => {
      await createFile(at('a'), 1, 1)
      const first = disk.open(at('a'), 'write')
      disk.rename(at('a'), at('b'))
      await createFile(at('a'), 7)
      await outcome(done => first.writeSynced(0, [Uint8Array.of(2)], done))
      first.close()
      expect(content(at('a'))).toEqual([7])
      expect(content(at('b'))).toEqual([2, 1])
    })

    it('removes files, and does not mind those that are gone', async () => {
      await createFile(at('a'), 1)
      const open = disk.open(at('a'), 'read')
      disk.remove(at('a'))
      disk.remove(at('a'))
      expect(disk.exists(at('a'))).toBe(false)
      expect(open.read(0, new Uint8Array(4))).toBe(1)
      open.close()
    })

    it('removes files later, and does not mind those that are gone', async () => {
      await createFile(at('a'), 1)
      const open = disk.open(at('a'), 'read')
      disk.removeLater(at('a'))
      disk.removeLater(at('missing'))
      while (disk.exists(at('a'))) await outcome(done => disk.syncDirectory(world.directory, done))
      expect(open.read(0, new Uint8Array(4))).toBe(1)
      open.close()
    })

    it('reports a directory that cannot be synced', async () => {
      const error = await outcome(done => disk.syncDirectory(at('missing'), done))
      expect(error?.kind).toBe('notFound')
    })

    it('gives the right to a directory to one holder at a time', () => {
      disk.makeDirectory(at('other'))
      const lock = disk.lock(world.directory)
      expect(failure(() => disk.lock(world.directory))).toBe('locked')
      const other = disk.lock(at('other'))
      lock.release()
      lock.release()
      const again = disk.lock(world.directory)
      expect(failure(() => disk.lock(world.directory))).toBe('locked')
      again.release()
      other.release()
    })
  })
}
