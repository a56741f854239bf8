/**
 * Keep-alives of all leases of a client, over one stream to one node. When that node is lost, or says nothing, those
 * that wait fail, and the next one opens a stream to another node.
 */

import { addMs } from '../core/time.ts'
import { readLeasePromiseResponse, writeLeaseIdRequest } from '../wire/etcd/lease.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import type { CallEnd } from '../wire/grpc/outcome.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Failover, OpenStream } from './failover.ts'

const PATH = '/etcdserverpb.Lease/LeaseKeepAlive'

interface Waiting {
  resolve(ttlSeconds: number): void
  reject(error: ClientError): void
}

/** One stream, and who waits for an answer on it. */
interface Line {
  readonly open: OpenStream
  /** By lease, the first to ask in front. */
  readonly waiting: Map<bigint, Waiting[]>
}

export class KeepAlives {
  readonly #failover: Failover
  /** The way on which the next one goes, made or being made. */
  #line: Promise<Line> | undefined
  /** What came of it. */
  #made: Line | undefined

  constructor(failover: Failover) {
    this.#failover = failover
  }

  /** For how many seconds the lease is granted again from now on; 0 if there is no such lease. */
  async renew(id: bigint, timeoutMs: number): Promise<number> {
    this.#line ??= this.#connect(timeoutMs)
    const line = await this.#line
    return new Promise((resolve, reject) => {
      const timer = this.#failover.clock.timer(() => this.#giveUp(line))
      timer.set(addMs(this.#failover.clock.now(), timeoutMs))
      const waiting: Waiting = {
        resolve: ttlSeconds => {
          timer.clear()
          resolve(ttlSeconds)
        },
        reject: error => {
          timer.clear()
          reject(error)
        },
      }
      const others = line.waiting.get(id)
      if (others === undefined) line.waiting.set(id, [waiting])
      else others.push(waiting)
      line.open.stream.send(encode({ id }, writeLeaseIdRequest))
    })
  }

  async #connect(timeoutMs: number): Promise<Line> {
    try {
      const open = await this.#failover.stream(PATH, { timeoutMs })
      const line: Line = { open, waiting: new Map() }
      this.#made = line
      void this.#read(line)
      return line
    } catch (error) {
      this.#line = undefined
      throw error
    }
  }

  async #read(line: Line): Promise<void> {
    const { stream } = line.open
    for (let message = await stream.next(); message !== null; message = await stream.next()) {
      try {
        const { id, ttlSeconds } = decode(message, readLeasePromiseResponse)
        line.waiting.get(id)?.shift()?.resolve(ttlSeconds)
      } catch (error) {
        this.#end(line, new ClientError(ClientErrors.protocol, `no keep-alive: ${String(error)}`, 'unknown'))
      }
    }
    const end = await stream.ended
    line.open.wantsToken(end.message)
    this.#end(line, broken(end))
  }

  /** The node says nothing: whoever waits asks another one. */
  #giveUp(line: Line): void {
    this.#end(line, new ClientError(ClientErrors.outcomeUnknown, 'a keep-alive was not answered', 'unknown'))
  }

  #end(line: Line, error: ClientError): void {
    if (this.#made === line) {
      this.#made = undefined
      this.#line = undefined
      line.open.avoid()
    }
    line.open.stream.cancel()
    const waiting = [...line.waiting.values()].flat()
    line.waiting.clear()
    for (const { reject } of waiting) reject(error)
  }
}

function broken({ message }: CallEnd): ClientError {
  return new ClientError(ClientErrors.outcomeUnknown, `keep-alives broke off: ${message}`, 'unknown')
}
