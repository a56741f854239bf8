/** Clients that place orders; and a bug that only shows when an answer is lost on its way. */
import type { ProgramSubject } from 'quorate/sim'

const ORDERS = 10

/** @param isBuggy it gives an order that was not answered a new key, and so may place it twice. */
export function orders(isBuggy = false): ProgramSubject {
  return {
    programs: 3,
    async run({ client, number, random, pause }) {
      for (let order = 1; order <= ORDERS; order++) {
        for (let attempt = 1; ; attempt++) {
          await pause(random.below(3_000))
          const key = `orders/${number}/${order}${isBuggy ? `/${attempt}` : ''}`
          const isPlaced = await client.put(key, 'a book').then(
            () => true,
            () => false,
          )
          if (isPlaced) break
        }
      }
    },
    async check({ client }) {
      const { count } = await client.range({ from: 'orders/', to: 'orders0' }, { countOnly: true })
      if (count !== 3 * ORDERS) throw new Error(`${3 * ORDERS} orders were placed, and there are ${count}`)
    },
  }
}
