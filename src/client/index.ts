/** The client SDK. Everything it needs of the world is handed in, so that it also runs in the simulator. */
import type { Random } from '../core/prng.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Address, Network } from '../runtime/network.ts'
import type { Channel } from './channel.ts'
import { Client } from './client.ts'
import { type ClientTls, securedFor } from './client-tls.ts'
import { Failover } from './failover.ts'
import { GrpcChannel } from './grpc-channel.ts'
import { type Credentials, Login } from './login.ts'

export { AuthClient, type Permission, PermissionType } from './auth-client.ts'
export {
  type BytesLike,
  Client,
  type DeleteOptions,
  type GetOptions,
  type KeySpan,
  type KeyValue,
  type PutOptions,
  prefixSpan,
  type RangeOptions,
  type RequestOptions,
} from './client.ts'
export type { ClientTls } from './client-tls.ts'
export { type AddOptions, ClusterClient, type Member } from './cluster-client.ts'
export type { Decision } from './decide.ts'
export { ClientError, ClientErrors, CompactedError } from './errors.ts'
export type { Lease } from './lease.ts'
export type { GrantOptions, Leases } from './leases.ts'
export type { Holding, HoldOptions } from './lock.ts'
export type { Credentials } from './login.ts'
export { type AlarmMember, MaintenanceClient } from './maintenance-client.ts'
export type { Watch, WatchBatch, WatchEvent, WatchObserver, WatchOptions } from './watch.ts'

export interface ConnectOptions {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  /** Any members of the cluster; connections are made when they are needed. */
  readonly endpoints: readonly Address[]
  /** Speak TLS with them. */
  readonly tls?: ClientTls
  /** Whom to log in as, where that is asked for. */
  readonly credentials?: Credentials | undefined
}

/** Throws errors with the codes of `TlsErrors`, if what `tls` names cannot be used. */
export function connect(options: ConnectOptions): Client {
  const { clock, tls } = options
  const network = tls === undefined ? options.network : securedFor(options.network, tls)
  return connectOver(
    options.endpoints.map(address => new GrpcChannel(network, clock, address)),
    options,
  )
}

/** Over ways to the nodes that somebody else has made. */
export function connectOver(
  channels: readonly Channel[],
  { clock, random, credentials }: Pick<ConnectOptions, 'clock' | 'random' | 'credentials'>,
): Client {
  const login = credentials && new Login(credentials)
  return new Client(new Failover(clock, random, channels, login))
}
