/**
 * What is known of the leases of a run: what clients were told of them, and what was committed, taken down from the
 * first replica that applied it. For `checkLeases`; and what leases that ended by themselves took with them is written
 * into the history of the store, which nobody asked for that.
 */
import { DecodeError, EMPTY } from '../../core/bytes.ts'
import type { Entry } from '../../core/entry.ts'
import { decodeCommand } from '../../machines/kv/command-codec.ts'
import {
  type DeleteRangeOperation,
  type KvCommand,
  type KvResult,
  type LeaseRevokeResult,
  type PutOperation,
  plainCommandOf,
  type RequestOperation,
  type ResponseOperation,
  type TxnOperation,
} from '../../machines/kv/types.ts'
import { NO_HEADER } from '../../wire/etcd/header.ts'
import type { Change, KeyEvent } from '../checkers/committed-log.ts'
import type { LeaderPeriod, LeaseCall, LeaseEntry, LeaseTerms } from '../checkers/lease-record.ts'
import { checkLeases, type LeaseViolation } from '../checkers/leases.ts'
import type { StoreRecorder } from '../checkers/recorder.ts'
import { LEADER_SILENCE_MS, LEASE_DRIFT_PPM, LEASE_GONE_WITHIN_MS, LEASE_LATE_MS } from './limits.ts'

const TERMS: LeaseTerms = {
  driftPpm: LEASE_DRIFT_PPM,
  goneWithinUs: LEASE_GONE_WITHIN_MS * 1_000,
  lateUs: LEASE_LATE_MS * 1_000,
  acrossLeaders: 'pauses',
}

export class LeaseBook {
  readonly calls: LeaseCall[] = []
  readonly #recorder: StoreRecorder
  readonly #now: () => number
  readonly #committed: LeaseEntry[] = []
  readonly #leaders: LeaderPeriod[] = []
  /** When leases were granted and renewed. */
  readonly #prolonged = new Map<bigint, number[]>()
  /** Keys that go with a lease, spelled as strings of bytes. */
  readonly #attached = new Map<string, bigint>()
  #ballot = 0

  /** @param now in microseconds, by the clock that no member sees */
  constructor(recorder: StoreRecorder, now: () => number) {
    this.#recorder = recorder
    this.#now = now
  }

  /** The first replica applied an entry, and this came of it. */
  applied({ ballot, data, kind }: Entry, result: unknown): void {
    this.#led(ballot)
    if (kind !== 'command') return
    const asked = readable(data)
    const made = result as KvResult
    if (asked === undefined || made.kind === 'refused') return
    const command = plainCommandOf(asked)
    switch (command.kind) {
      case 'leaseGrant':
        this.#prolong(command.leaseGrant.id)
        this.#committed.push({
          kind: 'granted',
          at: this.#now(),
          ...command.leaseGrant,
          // Unless a client asked for it, as is known in the end.
          isChosenByServer: true,
        })
        return
      case 'leaseRenew': {
        const { ids } = command.leaseRenew
        const ttls = made.kind === 'leaseRenew' ? made.leaseRenew.ttlsSeconds : []
        for (const [i, id] of ids.entries()) if (ttls[i]! > 0) this.#prolong(id)
        return
      }
      case 'leaseRevoke':
        if (made.kind === 'leaseRevoke') this.#revoked(command.leaseRevoke.id, made.leaseRevoke)
        return
      case 'leaseExpire':
        if (made.kind === 'leaseExpire')
          for (const each of made.leaseExpire.revoked) this.#expired(each.id, each)
        return
      case 'put':
      case 'deleteRange':
      case 'txn':
        return this.#change(eventsOf(command, made, this.#attached))
      default:
        return
    }
  }

  /** When the first replica knew that it was granted, or renewed. */
  prolongedAt(id: bigint): readonly number[] {
    return this.#prolonged.get(id) ?? []
  }

  check(): LeaseViolation[] {
    if (this.calls.length === 0) return []
    const named = new Set(this.calls.map(call => (call.kind === 'grant' ? call.asked : undefined)))
    const record = {
      // A client that asks again may be granted its own id anew, once the lease that it had is over.
      committed: this.#committed.map(entry =>
        entry.kind === 'granted' && named.has(entry.id) ? { ...entry, isChosenByServer: false } : entry,
      ),
      calls: this.calls,
      leaders: this.#leaders,
      endedAt: this.#now(),
    }
    return checkLeases(record, TERMS)
  }

  /** Somebody leads as long as entries are committed under one ballot, without long pauses in between. */
  #led(ballot: number): void {
    const at = this.#now()
    const last = this.#leaders.at(-1)
    const goesOn = last !== undefined && ballot === this.#ballot && at - last.to <= LEADER_SILENCE_MS * 1_000
    if (goesOn) this.#leaders[this.#leaders.length - 1] = { from: last.from, to: at }
    else this.#leaders.push({ from: at, to: at })
    this.#ballot = ballot
  }

  #prolong(id: bigint): void {
    const known = this.#prolonged.get(id)
    if (known === undefined) this.#prolonged.set(id, [this.#now()])
    else known.push(this.#now())
  }

  #revoked(id: bigint, { revision, keys }: LeaseRevokeResult): void {
    const events = keys.map(key => eventOf('delete', key, 0n))
    this.#follow(events)
    const change = { at: this.#now(), revision, events }
    this.#committed.push({
      kind: 'revoked',
      at: this.#now(),
      id,
      ...(keys.length > 0 && { change }),
    })
  }

  #expired(id: bigint, result: LeaseRevokeResult): void {
    this.#revoked(id, result)
    if (result.keys.length === 0) return
    // It happens now: nobody can have seen it before the first replica applied it, and all who ask later do.
    const call = this.#recorder.call(0, { kind: 'leaseRevoke', leaseRevoke: { id } })
    const header = { ...NO_HEADER, revision: result.revision }
    this.#recorder.done(call, { kind: 'leaseRevoke', leaseRevoke: { header } })
  }

  #change(events: readonly KeyEvent[]): void {
    if (events.length === 0) return
    this.#follow(events)
    const change: Change = { at: this.#now(), revision: 0, events }
    this.#committed.push({ kind: 'changed', at: this.#now(), change })
  }

  #follow(events: readonly KeyEvent[]): void {
    for (const { kv } of events) {
      if (kv.lease === 0n) this.#attached.delete(spelled(kv.key))
      else this.#attached.set(spelled(kv.key), kv.lease)
    }
  }
}

type Writing = KvCommand & { kind: 'put' | 'deleteRange' | 'txn' }

/** What a command did to which key goes with which lease; all else is left out. */
function eventsOf(command: Writing, result: KvResult, attached: ReadonlyMap<string, bigint>): KeyEvent[] {
  if (command.kind === 'put') return putEvents(command.put, attached)
  if (command.kind === 'deleteRange') return deleteEvents(command.deleteRange, attached)
  if (result.kind !== 'txn') return []
  const now = new Map(attached)
  return txnEvents(command.txn, result.txn, now)
}

function txnEvents(
  txn: TxnOperation,
  result: { readonly succeeded: boolean; readonly responses: readonly ResponseOperation[] },
  now: Map<string, bigint>,
): KeyEvent[] {
  const taken = result.succeeded ? txn.success : txn.failure
  return taken.flatMap((operation, i) => {
    const events = operationEvents(operation, result.responses[i]!, now)
    for (const { kv } of events) {
      if (kv.lease === 0n) now.delete(spelled(kv.key))
      else now.set(spelled(kv.key), kv.lease)
    }
    return events
  })
}

function operationEvents(
  operation: RequestOperation,
  response: ResponseOperation,
  now: Map<string, bigint>,
): KeyEvent[] {
  if (operation.kind === 'put') return putEvents(operation.put, now)
  if (operation.kind === 'deleteRange') return deleteEvents(operation.deleteRange, now)
  return operation.kind === 'txn' && response.kind === 'txn'
    ? txnEvents(operation.txn, response.txn, now)
    : []
}

function putEvents(
  { key, lease, ignoreLease }: PutOperation,
  attached: ReadonlyMap<string, bigint>,
): KeyEvent[] {
  const before = attached.get(spelled(key)) ?? 0n
  const after = ignoreLease ? before : lease
  return before === 0n && after === 0n ? [] : [eventOf('put', key, after)]
}

function deleteEvents(
  { key, rangeEnd }: DeleteRangeOperation,
  attached: ReadonlyMap<string, bigint>,
): KeyEvent[] {
  const [from, to] = [spelled(key), spelled(rangeEnd)]
  const isIn = (name: string): boolean =>
    to === '' ? name === from : name >= from && (to === '\0' || name < to)
  return [...attached.keys()].filter(isIn).map(name => eventOf('delete', bytesOf(name), 0n))
}

function eventOf(kind: 'put' | 'delete', key: Uint8Array, lease: bigint): KeyEvent {
  const kv = { key, createRevision: 0, modRevision: 0, version: 0, value: EMPTY, lease }
  return { kind, kv, prevKv: undefined }
}

function spelled(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function bytesOf(name: string): Uint8Array {
  return Uint8Array.from(name, character => character.charCodeAt(0))
}

function readable(data: Uint8Array): KvCommand | undefined {
  try {
    return decodeCommand(data)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
