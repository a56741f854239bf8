/**
 * Watches a random schedule for what must never happen (Raft figure 3, and the promises of `consensus.ts`).
 * It knows every node's disk and every effect, which no node does.
 */
import { assert } from '../../../core/assert.ts'
import { equalBytes } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import type { Index, ProposalId, ReadId } from '../../../core/ids.ts'
import { type Configuration, decodeConfiguration, encodeConfiguration, isJoint } from '../configuration.ts'
import { leaveJoint } from '../membership-change.ts'
import type { Effect } from './cluster.ts'
import { type Host, logOf } from './random-host.ts'

interface Asked {
  readonly host: number
  readonly incarnation: number
  readonly committed: number
}

type Answer = 'open' | 'committed' | 'refused' | 'unknown' | 'crashed'

export class Referee {
  /** The one history: what was handed out as committed, by anybody, by index; slot 0 is empty. */
  readonly #history: (Entry | undefined)[] = [undefined]
  /** The term in which somebody first knew that the entry was committed. */
  readonly #knownIn: number[] = [0]
  readonly #leaders = new Map<number, number>()
  readonly #proposals = new Map<ProposalId, { readonly host: number; incarnation: number; answer: Answer }>()
  readonly #places = new Map<ProposalId, Index>()
  readonly #reads = new Map<ReadId, Asked>()
  readonly counts = {
    elections: 0,
    committed: 0,
    refused: 0,
    unknown: 0,
    readable: 0,
    unreadable: 0,
    installs: 0,
  }
  /** Of the history. */
  #configuration: Configuration | undefined
  /** The highest index that anybody ever wrote. */
  highest = 0
  #steps = 0

  get length(): number {
    return this.#history.length - 1
  }

  proposed(host: Host, id: ProposalId): void {
    this.#proposals.set(id, { host: host.id, incarnation: host.incarnation, answer: 'open' })
  }

  asked(host: Host, id: ReadId): void {
    this.#reads.set(id, { host: host.id, incarnation: host.incarnation, committed: this.length })
  }

  crashed(host: Host): void {
    for (const [id, read] of this.#reads) if (read.host === host.id) this.#reads.delete(id)
    for (const proposal of this.#proposals.values()) {
      if (proposal.host === host.id && proposal.answer === 'open') proposal.answer = 'crashed'
    }
  }

  stepped(hosts: readonly Host[], host: Host, effects: readonly Effect[]): void {
    for (const effect of effects) this.#judge(host, effect)
    if (++this.#steps % 64 === 0) this.#judgeLogs(hosts)
  }

  /** Those who were removed may never learn what became of their proposals. */
  everythingAnswered(isMember: (host: number) => boolean): boolean {
    if (this.#reads.size > 0) return false
    for (const { answer, host } of this.#proposals.values())
      if (answer === 'open' && isMember(host)) return false
    return true
  }

  /** What has no answer yet, for the message of a test that fails. */
  open(): string {
    const proposals = [...this.#proposals].filter(([, { answer }]) => answer === 'open')
    const named = proposals.map(([id, { host }]) => `${id} of ${host}`)
    return `open proposals: ${named.join(', ')}; open reads: ${[...this.#reads.keys()].join(', ')}`
  }

  #judge(host: Host, effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        this.highest = Math.max(this.highest, effect.update.writes?.at(-1)?.index ?? 0)
        return
      case 'role':
        if (effect.role === 'leader') this.#elected(host, effect.ballot)
        return
      case 'committed':
        for (const entry of effect.entries) this.#committed(host, entry)
        return
      case 'dropped':
        for (const id of effect.ids) this.#dropped(host, id, effect.outcome)
        return
      case 'readable':
        for (const id of effect.ids) this.#served(host, id, effect.index)
        return
      case 'unreadable':
        for (const id of effect.ids) this.#served(host, id, undefined)
        return
      case 'installSnapshot':
        this.counts.installs++
        return
      default:
        return
    }
  }

  #elected(host: Host, ballot: number): void {
    const leader = this.#leaders.get(ballot)
    assert(leader === undefined || leader === host.id, 'election safety: at most one leader per term')
    if (leader !== undefined) return
    this.#leaders.set(ballot, host.id)
    this.counts.elections++
    const log = logOf(host)
    const first = Math.max(host.durableStore.index, ...baseIndexes(host))
    for (let index = first + 1; index <= this.length; index++) {
      if (this.#knownIn[index]! >= ballot) continue
      const entry = log.get(index as Index)
      assert(
        entry?.ballot === this.#history[index]!.ballot,
        'leader completeness: leaders have what is committed',
      )
    }
  }

  #committed(host: Host, entry: Entry): void {
    const { index } = entry
    const { entries, base } = host.disk
    const durable = entries.get(index)?.ballot === entry.ballot || index <= (base?.index ?? 0)
    assert(durable, 'only what is durable here is handed out')
    const known = this.#history[index]
    if (!known) {
      assert(index === this.length + 1 || this.#history.length <= index, 'history grows at its end')
      assert(index === this.length + 1, 'history has no gaps')
      this.#history.push(entry)
      this.#knownIn.push(host.core.status().ballot)
      const before = this.#history[index - 1]
      assert(!before || entry.time >= before.time, 'cluster time does not run backwards')
      if (entry.proposal !== 0) {
        assert(!this.#places.has(entry.proposal), 'a proposal is committed once')
        this.#places.set(entry.proposal, index)
        const proposal = this.#proposals.get(entry.proposal)!
        assert(proposal.answer !== 'refused', 'what was refused is not committed')
      }
      if (entry.kind === 'configuration') this.#reconfigured(decodeConfiguration(entry.data))
    } else {
      const same =
        known.ballot === entry.ballot && known.proposal === entry.proposal && known.time === entry.time
      assert(same, 'state machine safety: one history')
    }
    const proposal = this.#proposals.get(entry.proposal)
    if (!proposal || Number(entry.origin) !== host.id || proposal.incarnation !== host.incarnation) return
    if (proposal.answer !== 'open' && proposal.answer !== 'unknown') {
      assert(false, `a proposal is answered once: ${proposal.answer}, then committed`)
    }
    if (proposal.answer === 'open') this.counts.committed++
    proposal.answer = 'committed'
  }

  /** Each change was made from the one before it, and a joint one is brought to its own end. */
  #reconfigured(configuration: Configuration): void {
    const before = this.#configuration
    const version = before && isJoint(before) ? before.version : (before?.version ?? 0) + 1
    assert(configuration.version === version, 'configurations are counted without gaps')
    const target = before && isJoint(before) ? leaveJoint(before) : configuration
    assert(
      equalBytes(encodeConfiguration(target), encodeConfiguration(configuration)),
      'a joint configuration is followed by what it leads to',
    )
    this.#configuration = configuration
  }

  #dropped(host: Host, id: ProposalId, outcome: 'refused' | 'unknown'): void {
    const proposal = this.#proposals.get(id)
    assert(proposal !== undefined && proposal.host === host.id, 'only own proposals are dropped')
    assert(proposal.incarnation === host.incarnation, 'only proposals of this incarnation are dropped')
    assert(proposal.answer === 'open', `a proposal is answered once: ${proposal.answer}, then ${outcome}`)
    assert(outcome !== 'refused' || !this.#places.has(id), 'what was committed is not refused')
    proposal.answer = outcome
    this.counts[outcome]++
  }

  #served(host: Host, id: ReadId, index: Index | undefined): void {
    const asked = this.#reads.get(id)
    assert(asked !== undefined && asked.host === host.id, 'a read is answered once')
    this.#reads.delete(id)
    this.counts[index === undefined ? 'unreadable' : 'readable']++
    assert(index === undefined || index >= asked.committed, 'a read covers all that was committed before it')
  }

  /** Raft figure 3, log matching: equal index and term, equal everything before. */
  #judgeLogs(hosts: readonly Host[]): void {
    const logs = hosts.map(logOf)
    for (let a = 0; a < logs.length; a++) {
      for (let b = a + 1; b < logs.length; b++) {
        let agrees = false
        for (const entry of [...logs[a]!.values()].sort((x, y) => y.index - x.index)) {
          const other = logs[b]!.get(entry.index)
          if (!other) continue
          if (other.ballot === entry.ballot) agrees = true
          else assert(!agrees, 'log matching: equal entries follow equal entries')
        }
      }
    }
  }
}

function baseIndexes(host: Host): number[] {
  const bases = [host.disk.base?.index ?? 0]
  for (const { update } of host.disk.pending) if (update.base) bases.push(update.base.index)
  return bases
}
