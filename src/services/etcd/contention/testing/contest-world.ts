/** The Lock and Election services as a test calls them. */
import {
  type LeaderKey,
  readCampaignResponse,
  readLeaderResponse,
  writeCampaignRequest,
  writeLeaderRequest,
  writeProclaimRequest,
  writeResignRequest,
} from '../../../../wire/etcd/election.ts'
import { readLockResponse, writeLockRequest, writeUnlockRequest } from '../../../../wire/etcd/lock.ts'
import { decode } from '../../../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../../../wire/etcd/protobuf-writer.ts'
import { EtcdPaths } from '../../method-paths.ts'
import { FakeCall } from '../../testing/fake-call.ts'
import { rangeResponse, text, World } from '../../testing/world.ts'

export class ContestWorld extends World {
  lock(name: string, lease: bigint, call = new FakeCall(EtcdPaths.lock)): FakeCall {
    return this.begin(call, encode({ name: text(name), lease }, writeLockRequest))
  }

  unlock(key: string): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.unlock), encode({ key: text(key) }, writeUnlockRequest))
  }

  campaign(name: string, lease: bigint, value: string): FakeCall {
    const request = { name: text(name), lease, value: text(value) }
    return this.begin(new FakeCall(EtcdPaths.campaign), encode(request, writeCampaignRequest))
  }

  proclaim(leader: LeaderKey | undefined, value: string): FakeCall {
    const message = encode({ leader, value: text(value) }, writeProclaimRequest)
    return this.begin(new FakeCall(EtcdPaths.proclaim), message)
  }

  resign(leader: LeaderKey | undefined): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.resign), encode({ leader }, writeResignRequest))
  }

  leader(name: string): FakeCall {
    return this.begin(new FakeCall(EtcdPaths.leader), encode({ name: text(name) }, writeLeaderRequest))
  }

  observe(name: string, metadata: Record<string, string> = {}): Observer {
    return new Observer(this, name, metadata)
  }

  /** Everybody's keys under a name, in the order in which they came. */
  line(name: string): string[] {
    const request = { key: text(`${name}/`), rangeEnd: text(`${name}0`), sortTarget: 2, sortOrder: 1 }
    const { kvs } = rangeResponse(this.range({ ...request, serializable: true }))
    return kvs.map(kv => asText(kv.key))
  }
}

export class Observer {
  readonly call: FakeCall
  readonly #stream: ReturnType<World['open']>
  #taken = 0

  constructor(world: World, name: string, metadata: Record<string, string>) {
    this.call = new FakeCall(EtcdPaths.observe, undefined, metadata)
    this.#stream = world.open(this.call)
    this.#stream.send(encode({ name: text(name) }, writeLeaderRequest))
  }

  /** What came since the last time: `key=value@revision of the header`. */
  told(): string[] {
    const answers = this.call.sent.slice(this.#taken).map(bytes => decode(bytes, readLeaderResponse))
    this.#taken += answers.length
    return answers.map(({ header, kv }) => `${asText(kv.key)}=${asText(kv.value)}@${header.revision}`)
  }

  drain(): void {
    this.call.isFull = false
    this.#stream.handlers.drained()
  }
}

export function asText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** The answer to a lock, or undefined while there is none; throws what it failed with. */
export function locked(call: FakeCall): { key: string; revision: number } | undefined {
  if (call.status === undefined) return undefined
  if (call.status !== 0) throw new Error(`${call.status} ${call.message}`)
  const { key, header } = decode(call.sent[0]!, readLockResponse)
  return { key: asText(key), revision: header.revision }
}

export function elected(call: FakeCall): LeaderKey | undefined {
  if (call.status === undefined) return undefined
  if (call.status !== 0) throw new Error(`${call.status} ${call.message}`)
  return decode(call.sent[0]!, readCampaignResponse).leader
}
