import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeDisk } from '../disk.conformance.ts'
import { DiskError } from '../disk.ts'
import { lockBySocket } from './directory-lock.ts'
import { nodeDisk } from './disk.ts'
import { diskError } from './disk-error.ts'

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'quorate-disk-'))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

describeDisk('the file system', () => {
  const directory = temporary()
  return { disk: nodeDisk(), directory, until, close: () => rmSync(directory, { recursive: true }) }
})

describe('the errors of the file system', () => {
  const kindOf = (code: string): string =>
    diskError('/x', Object.assign(new Error(`${code}: it failed`), { code })).kind

  it('have the kind that the caller acts on', () => {
    expect(kindOf('ENOSPC')).toBe('full')
    expect(kindOf('EDQUOT')).toBe('full')
    expect(kindOf('EROFS')).toBe('readOnly')
    expect(kindOf('EACCES')).toBe('denied')
    expect(kindOf('EPERM')).toBe('denied')
    expect(kindOf('ENOENT')).toBe('notFound')
    expect(kindOf('EEXIST')).toBe('exists')
    expect(kindOf('EIO')).toBe('io')
    expect(kindOf('__proto__')).toBe('io')
  })

  it('report a full disk through the call-back of the write', async () => {
    // Every write to /dev/full fails with ENOSPC.
    const file = nodeDisk().open('/dev/full', 'write')
    let error: DiskError | null | undefined
    file.writeSynced(0, [Uint8Array.of(1)], result => {
      error = result
    })
    await until(() => error !== undefined)
    expect(error).toBeInstanceOf(DiskError)
    expect(error?.kind).toBe('full')
    expect(error?.path).toBe('/dev/full')
    file.close()
  })

  it('name a directory that may not be written', () => {
    const directory = temporary()
    chmodSync(directory, 0o500)
    // Root may write anywhere: then there is nothing to refuse.
    if (process.getuid?.() !== 0) {
      expect(() => nodeDisk().open(join(directory, 'a'), 'create')).toThrowError(DiskError)
    }
    rmSync(directory, { recursive: true })
  })
})

/** Another process that takes the lock, says so on its output, and holds it until it dies. */
function holder(directory: string): { pid: number; held: Promise<string>; kill: () => Promise<void> } {
  const module = new URL('./directory-lock.ts', import.meta.url).href
  const script = `
    import { lockDirectory } from ${JSON.stringify(module)}
    try { lockDirectory(${JSON.stringify(directory)}); console.log('held') } catch (error) { console.log(error.kind) }
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const held = new Promise<string>(resolve => child.stdout.once('data', text => resolve(String(text).trim())))
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  return {
    pid: child.pid ?? 0,
    held,
    kill: () => {
      child.kill('SIGKILL')
      return gone
    },
  }
}

describe('the lock of a directory', () => {
  it('is free again the moment its holder is killed', async () => {
    const directory = temporary()
    const other = holder(directory)
    expect(await other.held).toBe('held')
    expect(() => nodeDisk().lock(directory)).toThrowError(`in use by process ${other.pid}`)
    await other.kill()
    const lock = nodeDisk().lock(directory)
    expect(readFileSync(join(directory, 'LOCK'), 'utf8')).toBe(`${process.pid}\n`)
    lock.release()
    rmSync(directory, { recursive: true })
  })

  it('goes to exactly one of several that start at the same time, over what a killed one left', async () => {
    const directory = temporary()
    const first = holder(directory)
    await first.held
    await first.kill()
    const starters = [holder(directory), holder(directory), holder(directory)]
    const outcomes = await Promise.all(starters.map(starter => starter.held))
    expect(outcomes.sort()).toEqual(['held', 'locked', 'locked'])
    await Promise.all(starters.map(starter => starter.kill()))
    rmSync(directory, { recursive: true })
  })

  it('is not passed on to the processes that its holder starts', async () => {
    const directory = temporary()
    const lock = nodeDisk().lock(directory)
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    lock.release()
    nodeDisk().lock(directory).release()
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  })

  it('works without flock(1), by a socket named after the directory', async () => {
    const directory = temporary()
    const path = join(directory, 'LOCK')
    const lock = lockBySocket(directory, path, openSync(path, 'a+'))
    expect(() => lockBySocket(directory, path, openSync(path, 'a+'))).toThrowError(DiskError)
    lock.release()
    let again: { release(): void } | undefined
    await until(() => {
      again = lockBySocket(directory, path, openSync(path, 'a+'))
      return true
    })
    again?.release()
    rmSync(directory, { recursive: true })
  })
})
