/** For the log's tests: a machine with a simulated disk, and on it one log after the other. */
import { ByteWriter } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import type { Entry } from '../../core/entry.ts'
import { entryBytes, writeEntry } from '../../core/entry.ts'
import type { Ballot, GroupId, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { Doubt, LogBase, LogUpdate, RecoveredLog } from '../../core/log-update.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { ClusterTime } from '../../core/time.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { SimulatedDisk } from '../../sim/disk.ts'
import type { LogLimits } from './limits.ts'
import type { Log } from './log.ts'
import { openLog } from './open-log.ts'

export const SMALL: LogLimits = {
  segmentBytes: 8192,
  firstSegmentBytes: 4096,
  alignmentBytes: 512,
  batchBytesMax: 1500,
  carriedBytesMax: 1024,
}

export class LogMachine {
  readonly disk: SimulatedDisk
  readonly limits: LogLimits
  clock = new SimulatedClock()
  halted: Error | undefined
  readonly #entropy

  constructor(seed: number, limits: LogLimits = SMALL) {
    const random = randomFromSeed(seed)
    this.limits = limits
    this.disk = new SimulatedDisk({ clock: this.clock, random: random.fork() })
    const salts = random.fork()
    this.#entropy = (count: number) => Uint8Array.from({ length: count }, () => salts.below(256))
  }

  /** Opens the log, or throws what `openLog` throws or halts with. */
  open(beginsIn: Doubt | undefined = 'none'): Log {
    this.clock = new SimulatedClock()
    this.disk.useClock(this.clock)
    this.halted = undefined
    let opened: Log | undefined
    openLog(
      {
        disk: this.disk,
        directory: 'node/log',
        beginsIn,
        clock: this.clock,
        checksum: crc32c,
        log: silentLogger,
        entropy: this.#entropy,
        limits: this.limits,
        halt: reason => {
          this.halted = reason
          throw reason
        },
      },
      log => {
        opened = log
      },
    )
    this.clock.runUntilIdle()
    if (opened === undefined) throw new Error('the log never opened')
    return opened
  }

  /** Opens the log after a power loss. */
  reboot(): Log {
    this.disk.crash()
    return this.open()
  }

  /** Persists, and waits until it is durable. */
  persist(log: Log, id: number, update: LogUpdate): void {
    let isDone = false
    log.persist(group(id), update, () => {
      isDone = true
    })
    this.clock.runUntilIdle()
    if (!isDone) throw new Error('never became durable')
  }

  close(log: Log): void {
    let isClosed = false
    log.close(() => {
      isClosed = true
    })
    this.clock.runUntilIdle()
    if (!isClosed) throw new Error('never closed')
  }

  /** The names of the segment files, in order. */
  segments(): string[] {
    return this.disk.list('node/log').filter(name => name.endsWith('.log'))
  }
}

export function group(id: number): GroupId {
  return id as GroupId
}

export function entry(index: number, data: Uint8Array | string = `entry ${index}`, ballot = 1): Entry {
  return {
    index: index as Index,
    ballot: ballot as Ballot,
    kind: 'command',
    time: (index * 10) as ClusterTime,
    origin: 0xfedcba9876543210n as NodeId,
    proposal: (index + 1000) as ProposalId,
    data: typeof data === 'string' ? new TextEncoder().encode(data) : data,
  }
}

export function base(index: number, configuration = 'members'): LogBase {
  return {
    index: index as Index,
    ballot: 1 as Ballot,
    time: (index * 10) as ClusterTime,
    configuration: new TextEncoder().encode(configuration),
  }
}

export function entries(from: number, to: number, bytes = 20): Entry[] {
  return Array.from({ length: to - from }, (_, i) => entry(from + i, new Uint8Array(bytes).fill(from + i)))
}

/** Everything about one group's log, as a string. */
export function describeGroup(recovered: Pick<RecoveredLog, 'promise' | 'base' | 'entries'>): string {
  const { promise, base, entries } = recovered
  const position = base ? `${base.index}/${base.ballot}/${base.time}/${base.configuration}` : '-'
  return `promise ${promise ?? '-'} base ${position} entries ${entries.map(describeEntry).join(' ')}`
}

const described = new WeakMap<Entry, string>()

function describeEntry(each: Entry): string {
  let text = described.get(each)
  if (text === undefined) {
    const writer = new ByteWriter(entryBytes(each))
    writeEntry(writer, each)
    text = `${each.index}=${crc32c(writer.finish())}`
    described.set(each, text)
  }
  return text
}
