/**
 * Money goes from a bank in Oslo to one in Lima in two phases: both commit, or both abort. Mail and disk are an array
 * here, and sockets and logs in a cluster.
 */
import type { CommitEffect, CommitInput, Decision, Instant, NodeId } from 'quorate/protocols/commit'
import { CommitNode } from 'quorate/protocols/commit'

const [OSLO, LIMA, NOW] = [1n as NodeId, 2n as NodeId, 0 as Instant]
const amountIn = (work: Uint8Array): number => Number(new TextDecoder().decode(work))

class Bank {
  readonly id: NodeId
  readonly node: CommitNode
  balance = 100
  readonly #held = new Map<number, number>()

  constructor(id: NodeId) {
    this.id = id
    this.node = new CommitNode({ id, flavour: 'two-phase', timeoutMs: 1000 }, [])
  }

  /** Sets the amount aside; no if there is not as much. */
  prepare(number: number, change: number): boolean {
    if (this.balance + change < 0) return false
    this.#held.set(number, change)
    return true
  }

  finish(number: number, decision: Decision): void {
    if (decision === 'commit') this.balance += this.#held.get(number) ?? 0
    this.#held.delete(number)
  }
}

/** What became of it, and the balances afterwards; both banks had 100. */
export function transfer(amount: number): { outcome: Decision | undefined; balances: number[] } {
  const banks = new Map([OSLO, LIMA].map(id => [id, new Bank(id)]))
  const mail: { to: NodeId; input: CommitInput }[] = []
  const send = (to: NodeId, input: CommitInput): void => void mail.push({ to, input })
  const share = (node: NodeId, change: number) => ({ node, work: new TextEncoder().encode(`${change}`) })
  send(OSLO, { kind: 'begin', number: 1, shares: [share(OSLO, -amount), share(LIMA, amount)] })
  let outcome: Decision | undefined
  for (let next = mail.shift(); next !== undefined; next = mail.shift()) {
    const bank = banks.get(next.to)!
    const effects: CommitEffect[] = []
    bank.node.step(NOW, [next.input], effects)
    for (const effect of effects) {
      if (effect.kind === 'persist') send(bank.id, { kind: 'persisted', token: effect.token })
      if (effect.kind === 'send') send(effect.to, { kind: 'receive', from: bank.id, message: effect.message })
      if (effect.kind === 'finish') bank.finish(effect.transaction.number, effect.decision)
      if (effect.kind === 'outcome') outcome = effect.decision
      if (effect.kind !== 'prepare') continue
      const { transaction, work } = effect
      send(bank.id, { kind: 'voted', transaction, isYes: bank.prepare(transaction.number, amountIn(work)) })
    }
  }
  return { outcome, balances: [...banks.values()].map(bank => bank.balance) }
}
