/**
 * One operation on a store of which something may be unknown: what it changes, and whether what was answered can be.
 * The semantics are etcd's, said once more and apart from `machines/kv`: a checker that shares the machine's code
 * shares its mistakes.
 */
import { CompareTarget } from '../../machines/kv/types.ts'
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  StoreRequest,
  StoreResponse,
  TxnRequest,
  TxnResponse,
} from './history.ts'
import { textOf } from './json-codec.ts'
import {
  type KeyState,
  type KeyTimelines,
  mayBeEqual,
  type Pair,
  pairOf,
  type Span,
  spanOf,
} from './key-timelines.ts'
import { demand } from './mismatch.ts'
import { checkRangeAnswer, compares, seenPair, show, showPair } from './range-answer.ts'

/** Nobody can tell what the operation did: a condition is not known. Nothing was changed. */
export class Unforeseeable extends Error {
  override readonly name = 'Unforeseeable'
}

interface Decided {
  readonly succeeded: boolean
  readonly nested: readonly (Decided | undefined)[]
}

/** Throws `Mismatch` if the answer cannot be, with changes half made. Of use once. */
export class StoreStep {
  readonly #keys: KeyTimelines
  readonly #before: number
  readonly #at: number
  #changed = false

  /** @param before the store's revision before it; it reads there, and makes its changes at the next. */
  constructor(keys: KeyTimelines, before: number) {
    this.#keys = keys
    this.#before = before
    this.#at = before + 1
  }

  /** Whether it may have changed anything. */
  get changed(): boolean {
    return this.#changed
  }

  /** @param response absent if nobody knows what was answered. */
  run(request: StoreRequest, response: StoreResponse | undefined): void {
    switch (request.kind) {
      case 'range':
        if (response?.kind === 'range') this.#range(request.range, response.range)
        return
      case 'put':
        return this.#put(request.put, response?.kind === 'put' ? response.put : undefined)
      case 'deleteRange':
        return this.#deleteRange(
          request.deleteRange,
          response?.kind === 'deleteRange' ? response.deleteRange : undefined,
        )
      case 'txn': {
        const answer = response?.kind === 'txn' ? response.txn : undefined
        return this.#txn(request.txn, answer, this.#decide(request.txn, answer))
      }
      case 'compact':
        return
      case 'leaseRevoke':
        return this.#leaseRevoke(request.leaseRevoke.id, response === undefined)
    }
  }

  /** The store's revision as of now. */
  get #revision(): number {
    return this.#changed ? this.#at : this.#before
  }

  #get(key: string): KeyState {
    return this.#keys.get(key, this.#at)
  }

  #set(key: string, state: KeyState): void {
    this.#changed = true
    this.#keys.set(key, this.#at, state)
  }

  // --- Puts and deletions ---

  #put(put: PutRequest, response: PutResponse | undefined): void {
    const key = textOf(put.key)
    const isRefused = (put.ignoreValue || put.ignoreLease) && this.#keys.get(key, this.#before) === null
    demand(!isRefused, () => `${show(key)} did not exist, so that it was to be refused`)
    let before = this.#get(key)
    if (response !== undefined) {
      checkPrevious(key, before, put.prevKv, response.prevKv)
      if (before === undefined && put.prevKv)
        before = response.prevKv === undefined ? null : pairOf(response.prevKv)
    }
    this.#set(key, {
      mod: this.#at,
      create: before === null ? this.#at : before?.create,
      version: before === null ? 1 : next(before?.version),
      value: put.ignoreValue ? (before === null ? '' : before?.value) : textOf(put.value),
      lease: put.ignoreLease ? (before === null ? 0n : before?.lease) : put.lease,
    })
    if (response !== undefined) this.#checkRevision(response.header.revision)
  }

  #deleteRange(request: DeleteRangeRequest, response: DeleteRangeResponse | undefined): void {
    const span = spanOf(request)
    const keys = this.#keys.keysOf(span)
    const found = keys.filter(key => this.#get(key) !== null)
    if (response !== undefined) this.#checkDeleted(request, response, span, found)
    if (response?.deleted === 0) {
      // What might have been there was not.
      for (const key of found) this.#keys.set(key, this.#revision, null)
    } else for (const key of found) this.#set(key, null)
    if (response === undefined) return
    if (response.deleted > 0) this.#changed = true
    this.#checkRevision(response.header.revision)
  }

  #checkDeleted(
    { prevKv }: DeleteRangeRequest,
    { deleted, prevKvs }: DeleteRangeResponse,
    span: Span,
    found: readonly string[],
  ): void {
    const states = found.map(key => this.#get(key))
    const present = states.filter(state => state !== undefined).length
    const isExact = present === found.length && this.#keys.isClosed(span, this.#before)
    const isPossible = isExact ? deleted === present : deleted >= present
    demand(isPossible, () => `${present} keys were there to be deleted`)
    const isClosed = this.#keys.isClosed(span, this.#before)
    demand(
      !isClosed || deleted <= found.length,
      () => `at most ${found.length} keys were there to be deleted`,
    )
    demand(prevKvs.length === (prevKv ? deleted : 0), () => `${prevKvs.length} previous pairs were answered`)
    if (!prevKv) return
    const seen = new Map(prevKvs.map(kv => [textOf(kv.key), kv]))
    const names = [...seen.keys()]
    const inOrder = seen.size === prevKvs.length && names.every((name, i) => i === 0 || names[i - 1]! < name)
    demand(inOrder, () => 'the previous pairs are not in the order of their keys')
    for (const [i, key] of found.entries()) {
      if (states[i] !== undefined || seen.has(key)) checkPrevious(key, states[i], true, seen.get(key))
    }
    const stray = names.find(name => isClosed && !found.includes(name))
    demand(stray === undefined, () => `${show(stray!)} was not there to be deleted`)
  }

  #leaseRevoke(id: bigint, isOutcomeUnknown: boolean): void {
    for (const key of this.#keys.keysOf({ from: '', to: undefined, isSingle: false })) {
      const state = this.#get(key)
      if (state === null) continue
      if (state?.lease === id) this.#set(key, null)
      else if (isOutcomeUnknown && state?.lease === undefined) throw new Unforeseeable()
    }
  }

  // --- Transactions ---

  /** In etcd all conditions, nested ones included, see the state before the transaction. */
  #decide(txn: TxnRequest, response: TxnResponse | undefined): Decided {
    const holds = this.#allHold(txn.compare)
    if (holds === undefined && response === undefined) throw new Unforeseeable()
    const succeeded = response === undefined ? holds! : response.succeeded
    demand(
      holds === undefined || succeeded === holds,
      () => `its conditions ${holds ? 'held' : 'did not hold'}`,
    )
    const taken = succeeded ? txn.success : txn.failure
    const responses = response?.responses
    const isFitting = responses === undefined || responses.length === taken.length
    demand(isFitting, () => `the branch has ${taken.length} operations`)
    const nested = taken.map((op, i): Decided | undefined => {
      const answer = responses?.[i]
      demand(answer === undefined || answer.kind === op.kind, () => `operation ${i} is a ${op.kind}`)
      return op.kind === 'txn'
        ? this.#decide(op.txn, answer?.kind === 'txn' ? answer.txn : undefined)
        : undefined
    })
    return { succeeded, nested }
  }

  #txn(txn: TxnRequest, response: TxnResponse | undefined, { succeeded, nested }: Decided): void {
    for (const [i, op] of (succeeded ? txn.success : txn.failure).entries()) {
      this.#operation(op, response?.responses[i], nested[i])
    }
  }

  #operation(op: RequestOp, response: ResponseOp | undefined, nested: Decided | undefined): void {
    switch (op.kind) {
      case 'range': {
        const isServed = op.range.revision <= this.#before
        demand(
          isServed,
          () => `revision ${op.range.revision} was in the future, so that it was to be refused`,
        )
        if (response?.kind !== 'range') return
        this.#range(op.range, response.range)
        return this.#checkRevision(response.range.header.revision)
      }
      case 'put':
        return this.#put(op.put, response?.kind === 'put' ? response.put : undefined)
      case 'deleteRange':
        return this.#deleteRange(
          op.deleteRange,
          response?.kind === 'deleteRange' ? response.deleteRange : undefined,
        )
      case 'txn': {
        const answer = response?.kind === 'txn' ? response.txn : undefined
        // etcd leaves the revision of a nested transaction's header at zero.
        demand(answer === undefined || answer.header.revision === 0, () => 'a nested header has revision 0')
        return this.#txn(op.txn, answer, nested!)
      }
      case 'none':
        return demand(false, () => 'an operation that says nothing was to be refused')
    }
  }

  #allHold(conditions: readonly Compare[]): boolean | undefined {
    let isKnown = true
    for (const compare of conditions) {
      const holds = this.#holds(compare)
      if (holds === false) return false
      if (holds === undefined) isKnown = false
    }
    return isKnown ? true : undefined
  }

  /** With a range end, for every key of it; where there is none, for one that is all zeros and has no value. */
  #holds(compare: Compare): boolean | undefined {
    const span = spanOf(compare)
    let isKnown = this.#keys.isClosed(span, this.#before)
    let isEmpty = true
    for (const key of this.#keys.keysOf(span)) {
      const state = this.#keys.get(key, this.#before)
      if (state === null) continue
      const holds = state === undefined ? undefined : holdsFor(state, compare)
      if (holds === false) return false
      if (holds === undefined) isKnown = false
      isEmpty = false
    }
    if (!isKnown) return undefined
    return isEmpty ? compare.target !== CompareTarget.value && holdsFor(NOTHING, compare) : true
  }

  // --- Ranges ---

  #range(request: RangeRequest, response: RangeResponse): void {
    const span = spanOf(request)
    const now = this.#revision
    demand(request.revision <= now, () => `revision ${request.revision} was in the future`)
    const revision = request.revision <= 0 ? now : request.revision
    const keys = this.#keys.keysOf(span)
    const states = keys.map(key => this.#keys.get(key, revision))
    const isClosed = this.#keys.isClosed(span, revision)
    checkRangeAnswer(request, response, { span, keys, states, isClosed })
    const isWhole = request.limit <= 0 && !request.countOnly && response.count === response.kvs.length
    if (revision === now && isWhole) this.#learn(request, response, keys, states)
  }

  /** A whole answer tells of every key of its span, also of those that it does not hold. */
  #learn(
    request: RangeRequest,
    response: RangeResponse,
    keys: readonly string[],
    states: readonly KeyState[],
  ): void {
    if (states.every(state => state !== undefined)) return
    const seen = new Map(response.kvs.map(kv => [textOf(kv.key), seenPair(request, kv)]))
    for (const [i, key] of keys.entries()) {
      if (states[i] === undefined) this.#keys.set(key, this.#revision, seen.get(key) ?? null)
    }
  }

  #checkRevision(revision: number): void {
    demand(revision === this.#revision, () => `the revision was ${this.#revision}, not ${revision}`)
  }
}

const NOTHING: Pair = { mod: 0, create: 0, version: 0, value: '', lease: 0n }

function holdsFor(pair: Pair, { target, result, number, value, lease }: Compare): boolean | undefined {
  switch (target) {
    case CompareTarget.version:
      return compares(pair.version, result, number)
    case CompareTarget.create:
      return compares(pair.create, result, number)
    case CompareTarget.mod:
      return compares(pair.mod, result, number)
    case CompareTarget.value:
      return compares(pair.value, result, textOf(value))
    case CompareTarget.lease:
      return compares(pair.lease, result, lease)
    default:
      return compares(0, result, 0)
  }
}

function checkPrevious(
  key: string,
  before: KeyState,
  isAsked: boolean,
  previous: KeyValue | undefined,
): void {
  demand(isAsked || previous === undefined, () => 'no previous pair was asked for')
  const isOfKey = previous === undefined || textOf(previous.key) === key
  demand(isOfKey, () => `the previous pair is not of ${show(key)}`)
  if (!isAsked || before === undefined) return
  if (before === null) return demand(previous === undefined, () => `${show(key)} did not exist before`)
  const was = () => `${show(key)} was ${showPair(before)} before`
  demand(previous !== undefined, was)
  demand(mayBeEqual(before, pairOf(previous)), was)
}

function next(version: number | undefined): number | undefined {
  return version === undefined ? undefined : version + 1
}
