/** One node of a random schedule: a core, its disk, and what its group would do. */
import type { Entry } from '../../../core/entry.ts'
import type { Index, Token } from '../../../core/ids.ts'
import type { LogBase, LogUpdate } from '../../../core/log-update.ts'
import type { Consensus } from '../../consensus.ts'
import type { RaftMessage } from '../message.ts'
import { decodePromise } from '../promise.ts'
import type { Effect, Input, TestDisk } from './cluster.ts'

export interface Host {
  readonly id: number
  readonly disk: TestDisk
  core: Consensus<RaftMessage>
  up: boolean
  /** Of the configuration that it takes for the one in force. */
  version: number
  incarnation: number
  durable: Token
  gated: { readonly after: Token; readonly to: number; readonly message: RaftMessage }[]
  /** Handed out as committed, not applied yet. */
  backlog: Entry[]
  store: LogBase
  /** What the store holds after a crash. */
  durableStore: LogBase
  installing: { readonly from: number; readonly index: Index } | undefined
  loading: Extract<Effect, { kind: 'load' }> | undefined
  /** Inputs of the next step. */
  inputs: Input[]
  undo:
    | { readonly promise: Uint8Array | undefined; base: LogBase | undefined; entries: Map<Index, Entry> }
    | undefined
}

export function hasWrites({ up, disk }: Host): boolean {
  return up && disk.pending.length > 0
}

export function isDown({ up }: Host): boolean {
  return !up
}

export function leads({ up, core }: Host): boolean {
  return up && core.status().role === 'leader'
}

export function hasBacklog({ up, backlog }: Host): boolean {
  return up && backlog.length > 0
}

/** It has lost something, and has not been given it back as far as its disk says. */
export function isWeak({ disk }: Host): boolean {
  if (disk.doubt !== 'none') return true
  if (!disk.promise) return false
  const { doubt, floor } = decodePromise(disk.promise)
  return doubt !== 'none' || floor !== undefined
}

/** A majority keeps its disks: of those who have lost something, a minority has not been given it back. */
export function mayLose(host: Host, voters: readonly Host[]): boolean {
  const weak = voters.filter(other => other !== host && isWeak(other)).length
  return voters.includes(host) && (weak + 1) * 2 < voters.length
}

/** Whether those who know of nothing, and this one, are no quorum that could begin another group. */
export function wouldBeTold(host: Host, voters: readonly Host[]): boolean {
  const ignorant = voters.filter(({ disk }) => disk.entries.size === 0 && (disk.base?.index ?? 0) === 0)
  const count = ignorant.filter(other => other !== host).length + 1
  return count * 2 <= voters.length
}

/** The log as the node sees it: what is durable, and what is on its way there. */
export function logOf(host: Host): Map<Index, Entry> {
  const entries = new Map(host.disk.entries)
  for (const { update } of host.disk.pending) overwrite(entries, update)
  return entries
}

function overwrite(entries: Map<Index, Entry>, update: LogUpdate): void {
  if (update.truncateFrom !== undefined) {
    for (const index of [...entries.keys()]) if (index >= update.truncateFrom) entries.delete(index)
  }
  for (const entry of update.writes ?? []) entries.set(entry.index, entry)
  if (update.base)
    for (const index of [...entries.keys()]) if (index <= update.base.index) entries.delete(index)
}
