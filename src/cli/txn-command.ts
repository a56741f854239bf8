/** `quorate kv txn`: a transaction from standard input. What it answers is printed as etcdctl does. */
import type { Client } from '../client/client.ts'
import { QuorateError } from '../core/errors.ts'
import { readLines } from '../runtime/node/lines.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import type { ResponseOp } from '../wire/etcd/txn-response.ts'
import { strictText } from './json-pair.ts'
import {
  jsonKeyValue,
  jsonOfDeletion,
  jsonOfPut,
  printDeletion,
  printPut,
  printRange,
} from './kv-commands.ts'
import { TXN_SCRIPT_BYTES_MAX } from './limits.ts'
import { print } from './output.ts'
import { parseTxnScript, type ScriptOperation } from './txn-script.ts'

export async function txn(client: Client, flags: { readonly json?: boolean }): Promise<void> {
  const { compare, success, failure } = parseTxnScript(await readScript())
  const requests = (operations: readonly ScriptOperation[]) => operations.map(({ request }) => request)
  const response = await client.txn({ compare, success: requests(success), failure: requests(failure) })
  const { succeeded, header } = response
  const operations = succeeded ? success : failure
  const outcomes = response.responses.map((of, i) => ({ of, operation: operations[i]! }))
  if (flags.json) {
    const responses = outcomes.map(({ of, operation }) => jsonOf(of, operation))
    return print(JSON.stringify({ succeeded, revision: header.revision, responses }))
  }
  print(succeeded ? 'SUCCESS' : 'FAILURE')
  for (const { of, operation } of outcomes) {
    print('')
    printOutcome(of, operation)
  }
}

async function readScript(): Promise<string> {
  const lines: Uint8Array[] = []
  for await (const { bytes, bytesRead } of readLines('-', TXN_SCRIPT_BYTES_MAX)) {
    if (bytesRead > TXN_SCRIPT_BYTES_MAX) throw unreadable('it is longer than any transaction')
    lines.push(bytes)
  }
  try {
    return lines.map(bytes => strictText.decode(bytes)).join('\n')
  } catch {
    throw unreadable('it is no UTF-8')
  }
}

function unreadable(problem: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, `standard input is no transaction: ${problem}`, 'refused')
}

function printOutcome(response: ResponseOp, { kind, flags }: ScriptOperation): void {
  if (response.kind === 'range' && kind === 'get') printRange(response.range, flags)
  if (response.kind === 'put') printPut(response.put)
  if (response.kind === 'deleteRange') printDeletion(response.deleteRange)
}

function jsonOf(response: ResponseOp, { kind, flags }: ScriptOperation): Record<string, unknown> {
  if (response.kind === 'put') return { put: jsonOfPut(response.put) }
  if (response.kind === 'deleteRange' && kind === 'del') {
    return { del: jsonOfDeletion(response.deleteRange, flags) }
  }
  if (response.kind !== 'range' || kind !== 'get') return {}
  const { count, kvs } = response.range
  if (flags.countOnly) return { get: { count } }
  return { get: { count, kvs: kvs.map(kv => jsonKeyValue(kv, !flags.keysOnly)) } }
}
