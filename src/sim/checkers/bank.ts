/**
 * A bank: money moves between accounts, and every read of all of them must find the same total. A read that sees
 * half of a transfer, or accounts at different times, finds another.
 */
export interface BankRead {
  /** Names it in sentences. */
  readonly id: number
  /** Of every account. */
  readonly balances: ReadonlyMap<string, number>
}

export interface BankOptions {
  readonly accounts: readonly string[]
  readonly total: number
  /** Whether an account may be overdrawn. Default: false. */
  readonly allowNegative?: boolean
}

export interface BankViolation {
  readonly kind: 'missingAccount' | 'unknownAccount' | 'wrongTotal' | 'negativeBalance'
  readonly read: number
  readonly sentence: string
}

/** All violations, read by read. */
export function checkBank(reads: readonly BankRead[], options: BankOptions): BankViolation[] {
  return reads.flatMap(({ id, balances }) => {
    const violations: BankViolation[] = []
    const report = (kind: BankViolation['kind'], what: string): void => {
      violations.push({ kind, read: id, sentence: `read ${id} ${what}` })
    }
    for (const account of options.accounts) {
      const balance = balances.get(account)
      if (balance === undefined) report('missingAccount', `does not have account "${account}"`)
      else if (balance < 0 && options.allowNegative !== true) {
        report('negativeBalance', `has ${balance} in account "${account}"`)
      }
    }
    let total = 0
    for (const [account, balance] of balances) {
      if (!options.accounts.includes(account))
        report('unknownAccount', `has account "${account}", which nobody opened`)
      total += balance
    }
    // NaN is no total.
    if (!(total === options.total)) report('wrongTotal', `has ${total} in all accounts, not ${options.total}`)
    return violations
  })
}
