/** Which keys a request may change, read or speak of, whichever way its conditions turn out. */
import type {
  PutRequest,
  RequestOp,
  ResponseOp,
  StoreRequest,
  StoreResponse,
  TxnResponse,
} from './history.ts'
import { textOf } from './json-codec.ts'
import { EVERYTHING, type Pair, type Span, spanOf } from './key-timelines.ts'

type AnyOp = RequestOp | StoreRequest

/** Spans of which it may put or delete something. */
export function touchedBy(op: AnyOp): Span[] {
  switch (op.kind) {
    case 'put':
      return [{ from: textOf(op.put.key), to: undefined, isSingle: true }]
    case 'deleteRange':
      return [spanOf(op.deleteRange)]
    case 'txn':
      return [...op.txn.success, ...op.txn.failure].flatMap(touchedBy)
    case 'leaseRevoke':
      return [EVERYTHING]
    case 'range':
    case 'compact':
    case 'none':
      return []
  }
}

/** Also what it only reads. */
export function footprintOf(op: AnyOp): Span[] {
  if (op.kind === 'range') return [spanOf(op.range)]
  if (op.kind !== 'txn') return touchedBy(op)
  const { compare, success, failure } = op.txn
  return [...compare.map(spanOf), ...[...success, ...failure].flatMap(footprintOf)]
}

/** What decides which keys it changes, and whether by a put or a deletion. */
export function conditionsOf(op: AnyOp): Span[] {
  if (op.kind === 'leaseRevoke') return [EVERYTHING]
  if (op.kind !== 'txn') return []
  const { compare, success, failure } = op.txn
  return [...compare.map(spanOf), ...[...success, ...failure].flatMap(conditionsOf)]
}

/** All puts that it may make. */
export function putsOf(op: AnyOp): PutRequest[] {
  if (op.kind === 'put') return [op.put]
  return op.kind === 'txn' ? [...op.txn.success, ...op.txn.failure].flatMap(putsOf) : []
}

/** The puts that it made, as its answer says. */
export function putsMade(op: AnyOp, response: StoreResponse | ResponseOp): PutRequest[] {
  if (op.kind === 'put') return [op.put]
  if (op.kind !== 'txn' || response.kind !== 'txn') return []
  const { succeeded, responses } = response.txn
  const taken = succeeded ? op.txn.success : op.txn.failure
  return taken.flatMap((inner, i) => (responses[i] === undefined ? [] : putsMade(inner, responses[i])))
}

/** All ranges in it. */
export function rangesOf(op: AnyOp): { readonly revision: number }[] {
  if (op.kind === 'range') return [op.range]
  return op.kind === 'txn' ? [...op.txn.success, ...op.txn.failure].flatMap(rangesOf) : []
}

/** Whether it may be what put this pair there. */
export function mayHavePut(op: AnyOp, key: string, pair: Pair): boolean {
  return putsOf(op).some(put => {
    if (textOf(put.key) !== key) return false
    const hasValue = put.ignoreValue || pair.value === undefined || textOf(put.value) === pair.value
    return hasValue && (put.ignoreLease || pair.lease === undefined || put.lease === pair.lease)
  })
}

/** Whether the answer says that something was changed; `perhaps` where it does not tell. */
export function isChange(request: StoreRequest, response: StoreResponse): boolean | 'perhaps' {
  switch (response.kind) {
    case 'put':
      return true
    case 'deleteRange':
      return response.deleteRange.deleted > 0
    case 'txn':
      return isTxnChange(response.txn)
    case 'range':
    case 'compact':
      return false
    case 'leaseRevoke':
      return request.kind === 'leaseRevoke' ? 'perhaps' : false
  }
}

function isTxnChange({ responses }: TxnResponse): boolean {
  return responses.some(response => {
    if (response.kind === 'put') return true
    if (response.kind === 'deleteRange') return response.deleteRange.deleted > 0
    return response.kind === 'txn' && isTxnChange(response.txn)
  })
}

/** Whether it can change anything at all. */
export function mayChange(request: StoreRequest): boolean {
  return touchedBy(request).length > 0
}

/** Every key that a transaction or another request names by itself. */
export function keysNamed(request: StoreRequest): string[] {
  return footprintOf(request).flatMap(span => (span.isSingle ? [span.from] : []))
}
