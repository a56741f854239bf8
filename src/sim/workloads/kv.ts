/**
 * Everything that the key-value API can be asked, of few keys, so that requests meet: puts, ranges with all options,
 * deletions, transactions with branches, compactions, reads of the past and of one member's state.
 */
import { EMPTY } from '../../core/bytes.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { Compare, RequestOp, StoreRequest } from '../checkers/history.ts'
import { LARGE_VALUE_BYTES, RETRY_PAUSE_MS } from './limits.ts'
import type { RequestTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'
import { ALL_KEYS } from './requests.ts'
import type { Workload } from './workload.ts'

/** In order. What lies at the edges of spans: a key and its successor, the highest byte, a prefix of others. */
const KEYS = [
  ...['k', 'k\0', 'k0', 'k1', 'k2', 'k3'].map(utf8Bytes),
  new Uint8Array([0x6b, 0xff]),
  new Uint8Array([0x6b, 0xff, 0xff]),
]
/** The prefix of all keys above, and the end of their span. */
const FIRST = utf8Bytes('k')
const BEHIND = utf8Bytes('l')
const VALUES_MAX = 1_000_000

export const kv: Workload = {
  plan: (random, size) => drawPlan('kv', random, size, () => ({ kind: 'kv', kv: drawTask(random) })),
  start: (stage, plan) =>
    runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'kv') await perform(client, task.kv)
      },
      // The store model judges them.
      () => [],
    ),
}

async function perform(
  client: RecordedClient,
  { request, revisionsBack, tries }: RequestTask,
): Promise<void> {
  for (let asked = 0; asked < tries; asked++) {
    if (asked > 0) await client.pause(RETRY_PAUSE_MS)
    const answer = await client.ask(at(request, client.newestRevision - revisionsBack))
    if (answer.kind === 'done' || (answer.kind === 'refused' && answer.reason !== 'notServed')) return
  }
}

/** Fills in the revision that a request means. */
function at(request: StoreRequest, revision: number): StoreRequest {
  const known = Math.max(1, revision)
  if (request.kind === 'compact') return { kind: 'compact', compact: { ...request.compact, revision: known } }
  if (request.kind !== 'range' || request.range.revision === 0) return request
  return { kind: 'range', range: { ...request.range, revision: known } }
}

function drawTask(random: Random): RequestTask {
  const tries = random.chance(1, 4) ? 3 : 1
  const now = (request: StoreRequest): RequestTask => ({ request, revisionsBack: 0, tries })
  const kind = random.below(100)
  if (kind < 34) return now(drawPut(random))
  if (kind < 44) return now(drawDeleteRange(random))
  if (kind < 62) return now({ kind: 'txn', txn: drawTxn(random, 2) })
  if (kind < 64) {
    const compact = { revision: 0, physical: random.chance(1, 4) }
    return { request: { kind: 'compact', compact }, revisionsBack: random.below(30) - 2, tries }
  }
  const isOld = random.chance(1, 4)
  const range = drawRange(random, isOld)
  return { request: { kind: 'range', range }, revisionsBack: isOld ? random.below(40) - 1 : 0, tries }
}

type Kind<Name extends RequestOp['kind']> = Extract<RequestOp, { kind: Name }>

function drawPut(random: Random): Kind<'put'> {
  return {
    kind: 'put',
    put: {
      key: drawKey(random),
      value: drawValue(random),
      lease: 0n,
      prevKv: random.chance(1, 3),
      ignoreValue: false,
      ignoreLease: false,
    },
  }
}

function drawKey(random: Random): Uint8Array {
  return KEYS[random.below(KEYS.length)]!
}

/** Mostly one that nobody else writes, so that a read tells whose it is. */
function drawValue(random: Random): Uint8Array {
  const kind = random.below(100)
  if (kind < 5) return EMPTY
  if (kind < 15) return utf8Bytes('same')
  const own = `v${random.below(VALUES_MAX)}`
  return utf8Bytes(kind < 98 ? own : own.padEnd(LARGE_VALUE_BYTES, '.'))
}

function drawDeleteRange(random: Random): Kind<'deleteRange'> {
  const span = random.chance(2, 3) ? { key: drawKey(random), rangeEnd: EMPTY } : drawSpan(random)
  return { kind: 'deleteRange', deleteRange: { ...span, prevKv: random.chance(1, 2) } }
}

/** Of these keys alone: others belong to others. */
function drawSpan(random: Random): { key: Uint8Array; rangeEnd: Uint8Array } {
  const from = random.below(KEYS.length)
  const to = from + random.below(KEYS.length - from + 1)
  return { key: random.chance(1, 5) ? FIRST : KEYS[from]!, rangeEnd: KEYS[to] ?? BEHIND }
}

function drawRange(random: Random, isOld: boolean): Kind<'range'>['range'] {
  const [narrow, some] = [random.below(10), (): number => (random.chance(1, 8) ? random.below(200) : 0)]
  const span =
    narrow < 4 ? { key: drawKey(random), rangeEnd: EMPTY } : narrow < 9 ? drawSpan(random) : ALL_KEYS
  return {
    ...span,
    limit: random.chance(1, 4) ? 1 + random.below(4) : 0,
    // Not 0: which one it is, is known when it is asked for.
    revision: isOld ? 1 : 0,
    sortOrder: random.chance(1, 4) ? random.below(3) : 0,
    sortTarget: random.chance(1, 4) ? random.below(5) : 0,
    serializable: random.chance(1, 4),
    keysOnly: random.chance(1, 10),
    countOnly: random.chance(1, 10),
    minModRevision: some(),
    maxModRevision: some(),
    minCreateRevision: some(),
    maxCreateRevision: some(),
  }
}

function drawTxn(random: Random, depth: number): Kind<'txn'>['txn'] {
  const compare = Array.from({ length: random.below(3) }, () => drawCompare(random))
  return { compare, success: drawBranch(random, depth), failure: drawBranch(random, depth) }
}

/** A branch may put a key only once; what draws the same again is refused, which is right too, now and then. */
function drawBranch(random: Random, depth: number): RequestOp[] {
  const put = new Set<Uint8Array>()
  return Array.from({ length: random.below(4) }, (): RequestOp => {
    const kind = random.below(20)
    if (kind < 10) {
      const drawn = drawPut(random)
      const key = put.has(drawn.put.key) && random.chance(9, 10) ? undefined : drawn.put.key
      if (key !== undefined) {
        put.add(key)
        return drawn
      }
    }
    if (kind < 12) return drawDeleteRange(random)
    if (kind < 14 && depth > 1) return { kind: 'txn', txn: drawTxn(random, depth - 1) }
    return { kind: 'range', range: drawRange(random, false) }
  })
}

function drawCompare(random: Random): Compare {
  const target = random.below(4)
  return {
    result: random.below(4),
    target,
    key: drawKey(random),
    rangeEnd: random.chance(1, 8) ? BEHIND : EMPTY,
    number: target === 3 ? 0 : random.chance(1, 2) ? 0 : random.below(target === 0 ? 5 : 300),
    value: target === 3 ? drawValue(random) : EMPTY,
    lease: 0n,
  }
}
