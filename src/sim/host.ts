/**
 * The network as one incarnation of a node sees it. Connecting takes TCP's three steps: a request that is
 * asked again while nobody answers, an answer or a refusal, and only then the bytes.
 */
import type { Instant } from '../core/time.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandlers,
  formatAddress,
  type Listener,
  type Network,
  NetworkError,
} from '../runtime/network.ts'
import type { SimulatedClock } from './clock.ts'
import { CONNECT_US_MAX, SYN_RETRY_US } from './limits.ts'
import type { Accept, SimulatedNetwork } from './network.ts'
import type { NodeClock } from './node-clock.ts'
import { StreamEnd, type StreamEventKind, type StreamFaults, type StreamHost } from './stream.ts'

type ConnectHandlers = ConnectionHandlers & { opened(): void }

export class Host implements Network, StreamHost {
  readonly name: string
  readonly clock: NodeClock
  readonly world: SimulatedClock
  /** Every end that is not closed. */
  readonly ends = new Set<StreamEnd>()
  readonly #network: SimulatedNetwork

  constructor(network: SimulatedNetwork, name: string, clock: NodeClock, world: SimulatedClock) {
    this.#network = network
    this.name = name
    this.clock = clock
    this.world = world
  }

  listen(address: Address, accept: Accept, listening: (error: NetworkError | null) => void): Listener {
    const listener = this.#network.listen(this, address, accept)
    if (listener === undefined) {
      const taken = new NetworkError('addressInUse', `${formatAddress(address)} is taken`)
      this.clock.soon(() => listening(taken))
      return { port: () => address.port, close() {} }
    }
    this.clock.soon(() => listening(null))
    return listener
  }

  connect(address: Address, handlers: ConnectHandlers): Connection {
    const there = this.#network.locate(address, this.name)
    const end = new StreamEnd(this, this.#network.links.link(this.name, there), formatAddress(address))
    end.handle(handlers)
    this.ends.add(end)
    this.observe('connect', this.name, there, 0)
    this.#ask(end, address, there, handlers, (this.world.now() + CONNECT_US_MAX) as Instant)
    return end
  }

  isOff(): boolean {
    return this.#network.isOff(this.name)
  }

  faults(): StreamFaults {
    return this.#network.faults
  }

  observe(kind: StreamEventKind, from: string, to: string, bytes: number): void {
    this.#network.observe(kind, from, to, bytes)
  }

  forget(end: StreamEnd): void {
    this.ends.delete(end)
  }

  /** The first step (SYN), asked again until `limit`. */
  #ask(end: StreamEnd, address: Address, there: string, handlers: ConnectHandlers, limit: Instant): void {
    const to = this.#network.links.link(this.name, there)
    const back = this.#network.links.link(there, this.name)
    this.world.atQuietly(to.arrival(this.world.now(), 0), () => {
      if (end.isClosed) return
      if (to.isCut || back.isCut || this.#network.isOff(there)) {
        this.#askAgain(end, address, there, handlers, limit)
        return
      }
      const listening = this.#network.listener(address)
      // Whose machine came into being on the way was not found by its name: nothing that is done to links would reach
      // a connection that lies on the asker's own.
      const accepting =
        listening?.host.name === there ? listening.host.accept(end, listening.accept) : undefined
      this.world.atQuietly(back.arrival(this.world.now(), 0), () => this.#answered(end, accepting, handlers))
    })
  }

  #askAgain(
    end: StreamEnd,
    address: Address,
    there: string,
    handlers: ConnectHandlers,
    limit: Instant,
  ): void {
    const next = (this.world.now() + SYN_RETRY_US) as Instant
    if (next < limit) {
      this.world.atQuietly(next, () => {
        if (!end.isClosed) this.#ask(end, address, there, handlers, limit)
      })
      return
    }
    this.world.atQuietly(limit, () =>
      end.fail(new NetworkError('timeout', `${formatAddress(address)} did not answer`)),
    )
  }

  /** The second step, where it arrives: the kernel answers, and the process hears of it when it runs. */
  accept(connecting: StreamEnd, accept: Accept): StreamEnd {
    const from = connecting.host.name
    const remote = `${from}:${this.#network.takePort()}`
    const accepting = new StreamEnd(this, this.#network.links.link(this.name, from), remote)
    StreamEnd.join(connecting, accepting)
    this.ends.add(accepting)
    this.clock.event(() => accepting.handle(accept(accepting))).run()
    return accepting
  }

  /** The third step, back where it began. */
  #answered(end: StreamEnd, accepting: StreamEnd | undefined, handlers: ConnectHandlers): void {
    if (accepting === undefined) {
      end.fail(new NetworkError('refused', `nobody listens on ${end.remote}`))
    } else if (end.isClosed) {
      accepting.fail(new NetworkError('reset', 'the other end gave up'))
    } else {
      this.observe('open', this.name, accepting.host.name, 0)
      this.clock.event(() => end.open(() => handlers.opened())).run()
    }
  }
}
