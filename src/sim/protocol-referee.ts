/**
 * Watches a cluster of protocol cores and throws as soon as one breaks what `protocols/consensus.ts` promises:
 * the same entry everywhere, each proposal answered once and truly, no read that misses what was committed, and no
 * time that goes on faster than it passes.
 */
import type { Entry } from '../core/entry.ts'
import type { FailedOutcome } from '../core/errors.ts'
import { formatNodeId, type NodeId, type ProposalId, type ReadId } from '../core/ids.ts'
import type { Instant } from '../core/time.ts'

/** Clocks of a log and of the world are cut to whole milliseconds. */
const ROUNDING_MS = 1

/** A core did what no protocol may. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** Says what every protocol promises, and that it was broken. */
export function promised(isKept: boolean, promise: string): asserts isKept {
  if (!isKept) throw new BrokenPromise(promise)
}

export type ProposalFate = 'open' | 'committed' | 'refused' | 'unknown' | 'crashed'

interface ProposalRecord {
  readonly command: Uint8Array
  readonly at: Instant
  fate: ProposalFate
  /** Where it stands in the log, once somebody committed it. */
  index: number
}

export type ReadFate = 'open' | 'readable' | 'unreadable' | 'crashed'

interface ReadRecord {
  /** Everything that was committed anywhere when the read arrived. */
  readonly floor: number
  fate: ReadFate
  index: number
}

export class ProtocolReferee {
  readonly #proposals = new Map<string, ProposalRecord>()
  readonly #reads = new Map<string, ReadRecord>()
  /** What was committed at each index, by whoever was first. */
  readonly #log = new Map<number, Entry>()
  #committed = 0
  /** Asked after every step, so counted. */
  #open = 0
  /** How far the log's time was behind the world's, at most, for any command when it was proposed; in ms. */
  #lag = Number.NEGATIVE_INFINITY

  /** The highest index that any node has committed. */
  get committed(): number {
    return this.#committed
  }

  /** What was committed at an index. */
  entry(index: number): Entry | undefined {
    return this.#log.get(index)
  }

  fateOf(origin: NodeId, id: ProposalId): ProposalFate {
    return this.#proposals.get(key(origin, id))?.fate ?? 'open'
  }

  /** Whether it stands in the log, whatever who proposed it was told, and has heard of. */
  isChosen(origin: NodeId, id: ProposalId): boolean {
    const index = this.#proposals.get(key(origin, id))?.index ?? 0
    return index > 0
  }

  /** What became of a read, and the index it was answered with. */
  readFate(node: NodeId, id: ReadId): Readonly<ReadRecord> {
    const record = this.#reads.get(key(node, id))
    promised(record !== undefined, 'only reads that were asked are looked up')
    return record
  }

  /** How many proposals and reads of living nodes have no answer yet. */
  get unanswered(): number {
    return this.#open
  }

  proposed(origin: NodeId, id: ProposalId, command: Uint8Array, at: Instant): void {
    this.#open++
    this.#proposals.set(key(origin, id), { command, at, fate: 'open', index: 0 })
  }

  dropped(origin: NodeId, ids: readonly ProposalId[], outcome: FailedOutcome): void {
    for (const id of ids) {
      const record = this.#proposals.get(key(origin, id))
      promised(record !== undefined, 'only what was proposed is dropped')
      promised(record.fate === 'open', `a proposal is answered once: ${record.fate}, then ${outcome}`)
      promised(outcome === 'unknown' || record.index === 0, 'what is refused was never committed')
      record.fate = outcome
      this.#open--
    }
  }

  committedBy(node: NodeId, entry: Entry, now: Instant): void {
    const first = this.#log.get(entry.index)
    const record = this.#proposals.get(key(entry.origin, entry.proposal))
    if (first === undefined) {
      this.#log.set(entry.index, entry)
      this.#keepTime(entry, record, now)
    } else {
      const isSame = isSameValue(first, entry) && first.born === entry.born
      promised(isSame, `one entry at index ${entry.index}: ${show(first)}, ${show(entry)}`)
    }
    if (entry.index > this.#committed) this.#committed = entry.index
    if (entry.kind === 'command') {
      promised(record !== undefined, `only what was proposed is committed: ${show(entry)}`)
      promised(
        isEqual(record.command, entry.data),
        `a command is committed as it was proposed: ${show(entry)}`,
      )
    }
    if (record !== undefined) this.#committedProposal(node, entry, record)
  }

  /** A lease of so many ms that a command renewed would not be over sooner after it was asked for. */
  #keepTime(entry: Entry, record: ProposalRecord | undefined, now: Instant): void {
    const ahead = this.#lag - (now / 1000 - entry.time)
    promised(ahead <= ROUNDING_MS, `time is not ahead of what has passed: by ${ahead} ms, ${show(entry)}`)
    if (record !== undefined) this.#lag = Math.max(this.#lag, record.at / 1000 - entry.time)
  }

  #committedProposal(node: NodeId, entry: Entry, record: ProposalRecord): void {
    promised(record.fate !== 'refused', `what was refused is never committed: ${show(entry)}`)
    promised(
      record.index === 0 || record.index === entry.index,
      `a proposal is committed once: ${show(entry)}`,
    )
    record.index = entry.index
    if (entry.origin === node && record.fate === 'open') {
      record.fate = 'committed'
      this.#open--
    }
  }

  readAsked(node: NodeId, id: ReadId): void {
    this.#open++
    this.#reads.set(key(node, id), { floor: this.#committed, fate: 'open', index: 0 })
  }

  readAnswered(node: NodeId, ids: readonly ReadId[], index: number | undefined): void {
    for (const id of ids) {
      const record = this.#reads.get(key(node, id))
      promised(record !== undefined, 'only reads that were asked are answered')
      promised(record.fate === 'open', 'a read is answered once')
      record.fate = index === undefined ? 'unreadable' : 'readable'
      this.#open--
      record.index = index ?? 0
      promised(
        index === undefined || index >= record.floor,
        `a read at ${index} misses what was committed: ${record.floor}`,
      )
    }
  }

  /** Nobody waits for the answers of a dead node any more. */
  crashed(node: NodeId): void {
    const prefix = `${formatNodeId(node)}/`
    for (const records of [this.#proposals, this.#reads]) {
      for (const [name, record] of records) {
        if (!name.startsWith(prefix) || record.fate !== 'open') continue
        record.fate = 'crashed'
        this.#open--
      }
    }
  }
}

/** Ballots may differ between nodes: Paxos may choose a value under more than one number. */
export function isSameValue(a: Entry, b: Entry): boolean {
  const isSame = a.index === b.index && a.kind === b.kind && a.time === b.time
  return isSame && a.origin === b.origin && a.proposal === b.proposal && isEqual(a.data, b.data)
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function key(node: NodeId, id: number): string {
  return `${formatNodeId(node)}/${id}`
}

function show(entry: Entry): string {
  return `${entry.kind} ${formatNodeId(entry.origin)}/${entry.proposal} at ${entry.index} (ballot ${entry.ballot})`
}
