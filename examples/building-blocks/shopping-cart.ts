/**
 * A shopping cart on two replicas that never wait for each other: nothing that anybody put into it is lost, and what
 * was replaced by somebody who had seen it stays away. `increment`, `merge` and `compare` are inside.
 */
import { type NodeId, Siblings } from 'quorate/protocols/clocks'

type Cart = readonly string[]

class Replica {
  readonly #id: NodeId
  #carts = Siblings.none<Cart>()

  constructor(id: bigint) {
    this.#id = id as NodeId
  }

  /** All carts that nobody has replaced, and the context that whoever changes them gives back. */
  read(): Siblings<Cart> {
    return this.#carts
  }

  write(cart: Cart, read: Siblings<Cart>): void {
    this.#carts = this.#carts.write(this.#id, cart, read.context)
  }

  /** Both ways, whenever the network allows it. */
  exchange(other: Replica): void {
    this.#carts = other.#carts = this.#carts.merge(other.#carts)
  }
}

/** What is in the cart, if any of its versions is right: the union, as Dynamo's cart has it. */
function together(carts: Siblings<Cart>): Cart {
  return [...new Set(carts.values.flat())].sort()
}

export function shop(): { readonly versions: readonly Cart[]; readonly order: string; readonly cart: Cart } {
  const [oslo, lima] = [new Replica(1n), new Replica(2n)]
  oslo.write(['milk'], oslo.read())
  oslo.exchange(lima)
  // The line is cut. Ann shops in Oslo, Bob in Lima; both have seen the milk.
  oslo.write(['milk', 'bread'], oslo.read())
  lima.write(['eggs'], lima.read())
  const order = oslo.read().context.compare(lima.read().context)
  oslo.exchange(lima)
  const versions = oslo.read().values
  // Whoever reads next reconciles; the milk that Bob took out is back, for Ann's version has it.
  const cart = together(lima.read())
  lima.write(cart, lima.read())
  oslo.exchange(lima)
  return { versions, order, cart: oslo.read().values.flat() }
}
