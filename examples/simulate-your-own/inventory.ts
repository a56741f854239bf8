/** A shop's stock as a state machine; and two bugs that every test of a single process passes. */
import type { DrawnFor, Machine, Random } from 'quorate/sim'

export type Command =
  | { readonly kind: 'restock' | 'sell'; readonly id: string; readonly item: string; readonly amount: number }
  | { readonly kind: 'look'; readonly item: string }

export type Bug = 'counts in a field' | 'sells again'

/** A look is answered with the stock, a sale with its number, or with 0 if there was not enough. */
export function inventory(bug?: Bug): Machine<Command, number, number> {
  let salesInField = 0
  return {
    isRead: command => command.kind === 'look',
    apply(command, state) {
      const stock = state.get(`stock/${command.item}`) ?? 0
      if (command.kind === 'look') return stock
      // A client that was not answered asks again: what was done before is not done twice.
      const before = state.get(`done/${command.id}`)
      if (before !== undefined && bug !== 'sells again') return before
      // A field begins at 0 again in every new process.
      const sales = bug === 'counts in a field' ? ++salesInField : (state.get('sales') ?? 0) + 1
      const change = command.kind === 'restock' ? command.amount : -command.amount
      const result = stock + change < 0 ? 0 : sales
      if (result > 0) {
        state.put(`stock/${command.item}`, stock + change)
        state.put('sales', sales)
      }
      state.put(`done/${command.id}`, result)
      return result
    },
  }
}

export function drawCommand(random: Random, { id }: DrawnFor): Command {
  const item = random.chance(1, 2) ? 'nut' : 'bolt'
  if (random.chance(1, 4)) return { kind: 'look', item }
  return { kind: random.chance(1, 3) ? 'restock' : 'sell', id, item, amount: 1 + random.below(4) }
}
