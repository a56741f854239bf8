/**
 * A transaction as etcdctl takes it: three paragraphs, separated by an empty line. Conditions, one a line; what is done
 * if all of them hold; and what if not. The lines of the latter are `get`, `put` and `del` as `quorate kv` has them.
 *
 *     mod("leader") = "0"
 *     version(counter) > 3
 *
 *     put leader n1 --lease 694d
 *
 *     get leader
 *
 * Words are `txn-words.ts`'s.
 */
import { Command, CommanderError } from 'commander'
import { keysOf } from '../client/client.ts'
import { EMPTY } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import type { Compare } from '../wire/etcd/compare.ts'
import { PUT_DEFAULTS } from '../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../wire/etcd/range.ts'
import type { RequestOp } from '../wire/etcd/txn-request.ts'
import { type DeleteFlags, type GetFlags, type PutFlags, rangeOptionsOf, spanNamed } from './kv-commands.ts'
import { withDeleteFlags, withGetFlags, withPutFlags } from './kv-program.ts'
import { parseLeaseId } from './lease-commands.ts'
import { wordsOf } from './txn-words.ts'

/** What is asked for, and how what it answers is to be printed. */
export type ScriptOperation =
  | { readonly request: RequestOp; readonly kind: 'get'; readonly flags: GetFlags }
  | { readonly request: RequestOp; readonly kind: 'put'; readonly flags: PutFlags }
  | { readonly request: RequestOp; readonly kind: 'del'; readonly flags: DeleteFlags }

export interface TxnScript {
  readonly compare: readonly Compare[]
  readonly success: readonly ScriptOperation[]
  readonly failure: readonly ScriptOperation[]
}

interface Line {
  /** Counts from 1. */
  readonly number: number
  readonly text: string
}

const PARAGRAPHS = 3

/** The letters that etcdctl takes for them, and their numbers in the API. */
const TARGETS: Readonly<Record<string, number>> = {
  ver: 0,
  version: 0,
  c: 1,
  create: 1,
  m: 2,
  mod: 2,
  val: 3,
  value: 3,
  lease: 4,
}
const TARGET_VALUE = 3
const TARGET_LEASE = 4

const RESULTS: Readonly<Record<string, number>> = { '=': 0, '>': 1, '<': 2, '!=': 3 }

const QUOTED = `"(?:[^"\\\\]|\\\\.)*"|'[^']*'`
const CONDITION = new RegExp(`^(\\w+)\\s*\\(\\s*(${QUOTED}|[^\\s"'()]+)\\s*\\)\\s*(!?=|<|>)\\s*(\\S.*)$`)

const WHOLE_INT64 = /^-?\d{1,19}$/

/** Throws `QUORATE_CONFIG_INVALID`, with the number of the line. */
export function parseTxnScript(text: string): TxnScript {
  const [conditions, success, failure] = paragraphsOf(text)
  return {
    compare: conditions.map(parseCondition),
    success: success.map(parseOperation),
    failure: failure.map(parseOperation),
  }
}

function paragraphsOf(text: string): [Line[], Line[], Line[]] {
  const paragraphs: [Line[], Line[], Line[]] = [[], [], []]
  let at = 0
  for (const [index, raw] of text.split('\n').entries()) {
    const line = { number: index + 1, text: raw.trim() }
    if (line.text === '') at++
    else if (at < PARAGRAPHS) paragraphs[at]!.push(line)
    else throw invalid(line, 'the three paragraphs of a transaction have ended')
  }
  return paragraphs
}

function parseCondition(line: Line): Compare {
  const match = CONDITION.exec(line.text)
  if (match === null) throw invalid(line, `not a condition: ${line.text}`)
  const target = TARGETS[match[1]!]
  if (target === undefined) {
    throw invalid(line, `${match[1]} is none of version, create, mod, value and lease`)
  }
  const key = onlyWord(line, match[2]!)
  const operand = onlyWord(line, match[4]!)
  const common = { result: RESULTS[match[3]!]!, target, key: utf8Bytes(key), rangeEnd: EMPTY }
  if (target === TARGET_VALUE) return { ...common, number: 0, value: utf8Bytes(operand), lease: 0n }
  if (target === TARGET_LEASE) {
    const lease = parseLeaseId(operand)
    if (lease === undefined) throw invalid(line, `not the id of a lease, in hexadecimal: ${operand}`)
    return { ...common, number: 0, value: EMPTY, lease }
  }
  if (!WHOLE_INT64.test(operand)) throw invalid(line, `not a whole number: ${operand}`)
  return { ...common, number: Number(operand), value: EMPTY, lease: 0n }
}

function parseOperation(line: Line): ScriptOperation {
  const words = checkedWords(line, line.text)
  let operation: ScriptOperation | undefined
  const program = new Command().exitOverride().helpOption(false).helpCommand(false)
  const command = (usage: string): Command =>
    program
      .command(usage)
      .exitOverride()
      .helpOption(false)
      .configureOutput({ writeErr: () => {} })
  withGetFlags(command('get <key>')).action((key: string, flags: GetFlags) => {
    const range = { ...RANGE_DEFAULTS, ...rangeOptionsOf(flags), ...keysOf(spanNamed(key, flags)) }
    operation = { kind: 'get', flags, request: { kind: 'range', range } }
  })
  withPutFlags(command('put <key> <value>')).action((key: string, value: string, flags: PutFlags) => {
    const { lease = 0n, prevKv = false } = flags
    const put = { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes(value), lease, prevKv }
    operation = { kind: 'put', flags, request: { kind: 'put', put } }
  })
  withDeleteFlags(command('del <key>')).action((key: string, flags: DeleteFlags) => {
    const deleteRange = { ...keysOf(spanNamed(key, flags)), prevKv: flags.prevKv ?? false }
    operation = { kind: 'del', flags, request: { kind: 'deleteRange', deleteRange } }
  })
  program.configureOutput({ writeErr: () => {} })
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    throw invalid(line, error.message.replace(/^error: /, ''))
  }
  return operation!
}

function onlyWord(line: Line, text: string): string {
  const words = checkedWords(line, text)
  if (words.length !== 1) throw invalid(line, `more than one word: ${text}`)
  return words[0]!
}

function checkedWords(line: Line, text: string): readonly string[] {
  const words = wordsOf(text)
  if ('problem' in words) throw invalid(line, words.problem)
  return words
}

function invalid({ number }: Line, problem: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, `line ${number}: ${problem}`, 'refused', {
    hint: 'three paragraphs: conditions such as mod("key") = "0"; then get, put and del; and what if not',
  })
}
