/**
 * What a participant may forget: for each coordinator the number below which all has ended everywhere, and those
 * finished transactions that are not below it yet.
 */
import type { NodeId } from '../../core/ids.ts'
import type { TransactionId } from './transaction.ts'

interface Account {
  below: number
  readonly finished: Set<number>
}

export class Settlements {
  readonly #accounts = new Map<NodeId, Account>()

  /** Whether it has ended everywhere, or will never be committed. */
  includes({ coordinator, number }: TransactionId): boolean {
    return number < (this.#accounts.get(coordinator)?.below ?? 0)
  }

  finished({ coordinator, number }: TransactionId): void {
    this.#account(coordinator).finished.add(number)
  }

  /** Gives those that were finished and are below the number now: they may be forgotten. */
  settle({ coordinator, number: below }: TransactionId): TransactionId[] {
    const account = this.#account(coordinator)
    if (below <= account.below) return []
    account.below = below
    const forgotten: TransactionId[] = []
    for (const number of account.finished) {
      if (number >= below) continue
      account.finished.delete(number)
      forgotten.push({ coordinator, number })
    }
    return forgotten
  }

  /** Each coordinator with its number. */
  *marks(): Generator<TransactionId> {
    for (const [coordinator, { below }] of this.#accounts) if (below > 0) yield { coordinator, number: below }
  }

  #account(coordinator: NodeId): Account {
    let account = this.#accounts.get(coordinator)
    if (account === undefined) {
      account = { below: 0, finished: new Set() }
      this.#accounts.set(coordinator, account)
    }
    return account
  }
}
