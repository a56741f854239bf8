/** What clients asked in a run and were told, as files that referees elsewhere can read. */
import { exportElle, exportStore } from '../checkers/export-history.ts'
import type { StoreHistory } from '../checkers/history.ts'
import { encodeHistory } from '../checkers/history-codec.ts'
import type { ListOperation, RegisterOperation, Transaction } from '../checkers/transactions.ts'

export interface RunHistories {
  readonly store: StoreHistory
  /** Of each program of transactions; a value is written once in its own. */
  readonly programs: readonly (readonly Transaction<ListOperation | RegisterOperation>[])[]
}

/** By the ends of their names: `history.jsonl` is what `decodeHistory` reads. */
export function filesOf({ store, programs }: RunHistories): ReadonlyMap<string, string> {
  const files = new Map([
    ['history.jsonl', encodeHistory(store)],
    ['porcupine.jsonl', exportStore(store)],
  ])
  for (const transactions of programs) files.set(`elle-${files.size - 1}.edn`, exportElle(transactions))
  return files
}
