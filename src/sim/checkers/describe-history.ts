/** Operations as lines that people read, in the order of their calls. */
import type {
  Compare,
  KeyValue,
  RequestOp,
  ResponseOp,
  StoreHistory,
  StoreOperation,
  StoreRequest,
  StoreResponse,
} from './history.ts'
import { revisionOf } from './history.ts'
import { hexOf } from './json-codec.ts'

export function describeHistory(history: StoreHistory): string {
  return [...history]
    .sort((a, b) => a.calledAt - b.calledAt || a.id - b.id)
    .map(describeStoreOperation)
    .join('\n')
}

/** `#17 client 3 [120, 134] put "a" = "1" -> revision 8, previous ...` */
export function describeStoreOperation(operation: StoreOperation): string {
  const { id, client, calledAt, returnedAt, request, outcome } = operation
  const end =
    outcome.kind === 'unknown'
      ? 'unknown'
      : outcome.kind === 'refused'
        ? `refused: ${outcome.reason}`
        : `revision ${revisionOf(outcome.response)}${describeResponse(outcome.response)}`
  return `#${id} client ${client} [${calledAt}, ${returnedAt ?? '...'}] ${describeRequest(request)} -> ${end}`
}

function describeRequest(request: StoreRequest | RequestOp): string {
  switch (request.kind) {
    case 'put': {
      const { key, value, lease, prevKv, ignoreValue, ignoreLease } = request.put
      const what = ignoreValue ? 'its value' : spell(value)
      return `put ${spell(key)} = ${what}${lease === 0n ? '' : ` lease ${lease}`}${flags({ prevKv, ignoreLease })}`
    }
    case 'deleteRange': {
      const { prevKv } = request.deleteRange
      return `delete ${describeSpan(request.deleteRange)}${flags({ prevKv })}`
    }
    case 'range': {
      const { key, rangeEnd, ...options } = request.range
      return `range ${describeSpan({ key, rangeEnd })}${flags(options)}`
    }
    case 'txn': {
      const { compare, success, failure } = request.txn
      const branch = (ops: readonly RequestOp[]): string => `{${ops.map(describeRequest).join('; ')}}`
      return `if (${compare.map(describeCompare).join(', ')}) ${branch(success)} else ${branch(failure)}`
    }
    case 'compact':
      return `compact ${request.compact.revision}`
    case 'leaseRevoke':
      return `revoke lease ${request.leaseRevoke.id}`
    case 'none':
      return 'nothing'
  }
}

function describeResponse(response: StoreResponse | ResponseOp): string {
  switch (response.kind) {
    case 'put':
      return response.put.prevKv === undefined ? '' : `, before ${describePair(response.put.prevKv)}`
    case 'deleteRange': {
      const { deleted, prevKvs } = response.deleteRange
      return `, deleted ${deleted}${prevKvs.length === 0 ? '' : `: ${prevKvs.map(describePair).join(', ')}`}`
    }
    case 'range': {
      const { kvs, count, more } = response.range
      return `, [${kvs.map(describePair).join(', ')}] of ${count}${more ? ' and more' : ''}`
    }
    case 'txn': {
      const { succeeded, responses } = response.txn
      const inner = responses.map(each => `${each.kind}${describeResponse(each)}`).join('; ')
      return `, ${succeeded ? 'then' : 'else'} {${inner}}`
    }
    case 'compact':
    case 'leaseRevoke':
    case 'none':
      return ''
  }
}

const TARGETS = ['version', 'create', 'mod', 'value', 'lease']
const RESULTS = ['=', '>', '<', '!=']

function describeCompare({ target, result, key, rangeEnd, number, value, lease }: Compare): string {
  const right = target === 3 ? spell(value) : target === 4 ? lease : number
  return `${TARGETS[target] ?? target} of ${describeSpan({ key, rangeEnd })} ${RESULTS[result] ?? result} ${right}`
}

function describeSpan({ key, rangeEnd }: { key: Uint8Array; rangeEnd: Uint8Array }): string {
  if (rangeEnd.length === 0) return spell(key)
  return `${spell(key)}..${rangeEnd.length === 1 && rangeEnd[0] === 0 ? '' : spell(rangeEnd)}`
}

/** `"a" = "1" (mod 8, create 3, version 2)` */
function describePair({ key, value, modRevision, createRevision, version, lease }: KeyValue): string {
  const numbers = `mod ${modRevision}, create ${createRevision}, version ${version}`
  return `${spell(key)} = ${spell(value)} (${numbers}${lease === 0n ? '' : `, lease ${lease}`})`
}

function spell(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte < 0x20 || byte >= 0x7f) return `0x${hexOf(bytes)}`
    text += String.fromCharCode(byte)
  }
  return JSON.stringify(text)
}

/** What is set, in square brackets. */
function flags(options: Readonly<Record<string, boolean | number>>): string {
  const set = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [name] : value === false || value === 0 ? [] : [`${name} ${value}`],
  )
  return set.length === 0 ? '' : ` [${set.join(', ')}]`
}
