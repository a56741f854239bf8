/**
 * The exclusive right to a data directory. Two processes on one log destroy it, so the right must be the
 * kernel's to give: it ends with the holder, however the holder ends, and no left-over file, reused process
 * id or race between two starters can be mistaken for a living holder. Node.js has no call for such a lock:
 *
 * - On Linux we open a file and let flock(1) lock it. A flock belongs to the open file description, which
 *   the child shares with us: it stays when flock(1) has exited, and goes when our descriptor is closed.
 * - Where flock(1) is missing, we listen on an abstract Unix socket that is named after the directory's
 *   inode. As good as the other, except across network namespaces (two containers on one volume).
 * - On macOS and Windows opening a file can lock it (O_EXLOCK).
 *
 * The file is never removed: whoever removed it could remove one that another process has just locked.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { closeSync, constants, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DiskError, type DiskLock } from '../disk.ts'
import { diskError, errorCode, onDisk } from './disk-error.ts'

const LOCK_FILE = 'LOCK'

/** flock(1)'s exit status when somebody else holds the lock. */
const FLOCK_TAKEN = 1

export function lockDirectory(directory: string): DiskLock {
  const path = join(directory, LOCK_FILE)
  if (process.platform !== 'linux') return lockByOpening(directory, path)
  const descriptor = onDisk(path, () => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600))
  try {
    return lockByFlock(directory, path, descriptor) ?? lockBySocket(directory, path, descriptor)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

/** Undefined if this system cannot. */
function lockByFlock(directory: string, path: string, descriptor: number): DiskLock | undefined {
  const outcome = runFlock(descriptor)
  if (outcome === undefined || outcome.error !== undefined) return undefined
  if (outcome.status === FLOCK_TAKEN) throw taken(directory, path)
  if (outcome.status !== 0) return undefined
  writeHolder(descriptor)
  return once(() => closeSync(descriptor))
}

function runFlock(descriptor: number): SpawnSyncReturns<Buffer> | undefined {
  try {
    return spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
  } catch {
    // Starting processes may be forbidden (node --permission).
    return undefined
  }
}

/** Binding happens within `listen`; only its error event comes later. */
export function lockBySocket(directory: string, path: string, descriptor: number): DiskLock {
  const { dev, ino } = onDisk(directory, () => statSync(directory, { bigint: true }))
  const server = createServer(socket => socket.destroy())
  server.on('error', () => {})
  server.listen(`\0quorate-directory-${dev}-${ino}`)
  if (!server.listening) throw taken(directory, path)
  server.unref()
  writeHolder(descriptor)
  return once(() => {
    server.close()
    closeSync(descriptor)
  })
}

/** The flags' values are open(2)'s on macOS and libuv's on Windows; `constants` does not list them. */
function lockByOpening(directory: string, path: string): DiskLock {
  const exclusively = process.platform === 'win32' ? 0x1000_0000 : 0x20 | constants.O_NONBLOCK
  try {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | exclusively, 0o600)
    writeHolder(descriptor)
    return once(() => closeSync(descriptor))
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EAGAIN' || code === 'EBUSY') throw taken(directory, path)
    throw diskError(path, error)
  }
}

/** For people: the lock itself does not depend on what the file says. */
function writeHolder(descriptor: number): void {
  try {
    ftruncateSync(descriptor, 0)
    writeSync(descriptor, `${process.pid}\n`, 0)
  } catch {
    // A full disk does not take the lock away.
  }
}

function taken(directory: string, path: string): DiskError {
  let holder = ''
  try {
    holder = readFileSync(path, 'utf8').trim()
  } catch {
    // Windows denies reading a file that is locked.
  }
  const who = holder === '' ? 'another process' : `process ${holder}`
  return new DiskError('locked', directory, `${directory} is in use by ${who}`)
}

function once(release: () => void): DiskLock {
  let held = true
  return {
    release() {
      if (held) release()
      held = false
    },
  }
}
