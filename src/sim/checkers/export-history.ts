/**
 * Histories in the formats of others, so that a verdict of ours can be had again from those who are trusted already:
 * events for checkers in the manner of Porcupine, and EDN for Elle.
 */
import type { StoreHistory } from './history.ts'
import { jsonStoreOutcome, jsonStoreRequest } from './history-codec.ts'
import type { Operation } from './linearizability.ts'
import type { ListOperation, RegisterOperation, Transaction, Value } from './transactions.ts'

/**
 * Porcupine's `Event`s as lines of JSON: `{"kind":"call","id":0,"clientId":1,"value":...}`, and `return` with the same
 * id. Porcupine takes a call without a return for a return; so what never returned does so behind everything else, with
 * `null`, which a model has to take for any output. Inputs and outputs are what `JSON.stringify` makes of them, big
 * integers as text.
 */
export function exportPorcupine(history: readonly Operation<unknown, unknown>[]): string {
  const events = history.flatMap(({ client, input, output, calledAt, returnedAt }, id) => {
    const [at, value] = returnedAt === undefined ? [Number.POSITIVE_INFINITY, null] : [returnedAt, output]
    return [
      { at: calledAt, kind: 'call', id, clientId: client, value: input },
      { at, kind: 'return', id, clientId: client, value },
    ]
  })
  // Calls before returns of the same instant, as `checkLinearizable` reads them.
  events.sort((a, b) => compare(a.at, b.at) || (a.kind === b.kind ? 0 : a.kind === 'call' ? -1 : 1))
  return events.map(({ at: _, ...event }) => `${JSON.stringify(event, bigIntsAsText)}\n`).join('')
}

/** Two infinities are equal, and have no difference. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}

/** The same of a whole store; requests and outcomes as `encodeHistory` writes them. What is refused was not done. */
export function exportStore(history: StoreHistory): string {
  return exportPorcupine(
    history.map(({ client, calledAt, returnedAt, request, outcome }) => ({
      client,
      calledAt,
      input: jsonStoreRequest.encode(request),
      ...(outcome.kind !== 'unknown' && returnedAt !== undefined
        ? { returnedAt, output: jsonStoreOutcome.encode(outcome) }
        : {}),
    })),
  )
}

function bigIntsAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}

/** Elle's list-append and rw-register histories in EDN, a map a line: feed them to `elle-cli`. */
export function exportElle(history: readonly Transaction<ListOperation | RegisterOperation>[]): string {
  const events = history.flatMap(transaction => {
    const { calledAt, returnedAt } = transaction
    const call = { at: calledAt, isCall: true, transaction }
    return returnedAt === undefined ? [call] : [call, { at: returnedAt, isCall: false, transaction }]
  })
  events.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall))
  const lines = events.map(({ at, isCall, transaction }, index) => {
    const { outcome, operations } = transaction
    const type = isCall ? 'invoke' : TYPES[outcome]
    const where = `:process ${transaction.process}`
    const shown = operations.map(operation => ednOf(operation, !isCall && outcome === 'committed')).join(' ')
    return `{:type :${type}, :f :txn, :value [${shown}], ${where}, :time ${at}, :index ${index}}\n`
  })
  return lines.join('')
}

const TYPES = { committed: 'ok', aborted: 'fail', unknown: 'info' } as const

/** What a read found is known of committed transactions only. */
function ednOf(operation: ListOperation | RegisterOperation, isKnown: boolean): string {
  const key = ednKey(operation.key)
  switch (operation.kind) {
    case 'append':
      return `[:append ${key} ${ednValue(operation.value)}]`
    case 'write':
      return `[:w ${key} ${ednValue(operation.value)}]`
    case 'read': {
      if (!isKnown) return `[:r ${key} nil]`
      if ('values' in operation) {
        const { values } = operation
        return `[:r ${key} ${values === null ? 'nil' : `[${values.map(ednValue).join(' ')}]`}]`
      }
      const value = operation.value ?? undefined
      return `[:r ${key} ${value === undefined ? 'nil' : ednValue(value)}]`
    }
  }
}

function ednValue(value: Value): string {
  return typeof value === 'number' ? `${value}` : ednText(value)
}

/** A key that is a whole number stands as one. */
function ednKey(key: string): string {
  return /^(0|[1-9][0-9]{0,14})$/.test(key) ? key : ednText(key)
}

function ednText(text: string): string {
  let edn = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (text[i] === '"' || text[i] === '\\') edn += `\\${text[i]}`
    else if (code < 0x20 || code > 0x7e) edn += `\\u${code.toString(16).padStart(4, '0')}`
    else edn += text[i]
  }
  return `"${edn}"`
}
