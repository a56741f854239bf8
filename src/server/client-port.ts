/**
 * The port that clients use: gRPC over HTTP/2 and plain HTTP/1.1 on one listener, the etcd service behind
 * both.
 */
import type { Gauge } from '../core/gauge.ts'
import type { Histogram } from '../core/histogram.ts'
import type { NodeId } from '../core/ids.ts'
import { type Instant, msBetween } from '../core/time.ts'
import { noTraffic } from '../core/traffic.ts'
import type { ChangeFeed } from '../machines/kv/change-feed.ts'
import type { KvResult } from '../machines/kv/types.ts'
import type { Replica } from '../replication/replica.ts'
import { EngineConnection } from '../runtime/engine-connection.ts'
import type {
  Address,
  Connection,
  ConnectionHandlers,
  Listener,
  Network,
  NetworkError,
} from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { EtcdCounters } from '../services/etcd/counters.ts'
import { createGateway } from '../services/etcd/gateway/gateway.ts'
import { HealthService } from '../services/etcd/health-service.ts'
import { createHttpHandler, onlyMonitoring } from '../services/etcd/http.ts'
import { createEtcdService, type EtcdService } from '../services/etcd/methods.ts'
import { gaugesOf, renderMetrics } from '../services/etcd/metrics.ts'
import type { EtcdOptions, StoreFiles } from '../services/etcd/options.ts'
import { timedMethods } from '../services/etcd/timed-methods.ts'
import type { ConnectionEngine } from '../wire/engine.ts'
import type { Member } from '../wire/etcd/cluster.ts'
import type { GrpcMethods } from '../wire/grpc/call.ts'
import { GrpcServerConnection } from '../wire/grpc/server-connection.ts'
import type { HttpHandler } from '../wire/http1/http-handler.ts'
import { Http1ServerConnection } from '../wire/http1/server-connection.ts'
import { GRPC_PING_POLICY } from '../wire/http2/ping-strikes.ts'
import type { TokenSetting } from './auth-token.ts'
import type { NodeConfig } from './config.ts'
import { COMPLAINT_INTERVAL_MS, GRPC_OVERHEAD_BYTES } from './limits.ts'
import type { HostMeasures } from './replica-host.ts'
import { SniffingEngine } from './sniffing-engine.ts'

/** For a connection that is closed as soon as it is there. */
const TURNED_AWAY: ConnectionHandlers = { received: () => {}, drained: () => {}, closed: () => {} }

/** What is behind a listener. */
interface Door {
  readonly methods: GrpcMethods
  readonly http: HttpHandler
}

export interface ClientPortOptions {
  readonly runtime: Runtime
  readonly config: NodeConfig
  readonly clusterId: bigint
  readonly memberId: bigint
  readonly replica: Replica<KvResult>
  /** What its machine tells of changes. */
  readonly changes: ChangeFeed
  /** Asked whenever somebody wants to know. */
  readonly members: () => readonly Member[]
  readonly reachableSince: (id: NodeId) => Instant | undefined
  readonly measures: HostMeasures
  readonly files: StoreFiles
  /** What this node understands. */
  readonly version: number
  /** Which version another member speaks; undefined while nobody knows. */
  readonly versionOf: (id: NodeId) => number | undefined
  /** Whether the disk had no room at the last attempt. */
  readonly isDiskFull: () => boolean
  /** How tokens are made. */
  readonly tokens: TokenSetting
  /** Clients beyond this are turned away. */
  readonly connectionsMax: number
}

export class ClientPort {
  readonly #runtime: Runtime
  readonly #config: NodeConfig
  readonly #service: EtcdService
  readonly #health = new HealthService()
  readonly #methods: GrpcMethods
  readonly #measures: HostMeasures
  readonly #traffic = noTraffic()
  readonly #callTimes: ReadonlyMap<string, Histogram>
  readonly #http: HttpHandler
  readonly #counters = new EtcdCounters()
  readonly #connections = new Set<EngineConnection<ConnectionEngine>>()
  readonly #connectionsMax: number
  readonly #listeners: Listener[] = []
  #complainedAt: Instant | undefined

  constructor(made: ClientPortOptions) {
    const { runtime, config, clusterId, memberId, replica, changes } = made
    const { members, reachableSince, files, version, versionOf, isDiskFull, tokens, connectionsMax } = made
    this.#runtime = runtime
    this.#config = config
    this.#connectionsMax = connectionsMax
    const options: EtcdOptions = {
      replica,
      changes,
      clock: runtime.clock,
      clusterId,
      memberId,
      consensus: config.consensus,
      checksum: runtime.checksum,
      ...(runtime.sha256 && { sha256: runtime.sha256 }),
      members,
      reachableSince,
      isReconfigStrict: config.strictReconfigCheck,
      learnersMax: config.maxLearners,
      counters: this.#counters,
      jobs: runtime.jobs,
      passwordKey: runtime.passwordKey,
      ...tokens,
      entropy: count => runtime.entropy(count),
      leaseTtlSecondsMin: Math.ceil((1.5 * config.electionTimeoutMs) / 1000),
      requestBytesMax: config.requestBytesMax,
      txnOperationsMax: config.txnOperationsMax,
      requestTimeoutMs: 5_000 + 2 * config.electionTimeoutMs,
      quotaBytes: config.quotaBytes,
      files,
      corruptCheck: { intervalMs: config.corruptCheckMs, isInitial: config.initialCorruptCheck },
      version,
      versionOf,
      isDiskFull,
      electionTimeoutMs: config.electionTimeoutMs,
      watchProgressIntervalMs: config.watchProgressIntervalMs,
    }
    this.#service = createEtcdService(options)
    const all = new Map([...this.#service.methods, ...this.#health.methods])
    const timed = config.metrics === 'extensive' ? timedMethods(runtime.clock, all) : undefined
    this.#methods = timed?.methods ?? all
    this.#callTimes = timed?.times ?? new Map()
    this.#measures = made.measures
    const gateway = config.isGatewayEnabled ? createGateway(runtime.clock, this.#service.methods) : undefined
    this.#http = createHttpHandler(options, () => this.#metrics(options), gateway)
  }

  get connections(): number {
    return this.#connections.size
  }

  gauges(): readonly Gauge[] {
    const connections = { value: this.#connections.size, max: this.#connectionsMax }
    return [{ name: 'clients: connections', ...connections }, ...this.#service.gauges()]
  }

  /** @param network with TLS or without */
  listen(network: Network, address: Address, listening: (error: NetworkError | null) => void): void {
    const door = { methods: this.#methods, http: this.#http }
    this.#listeners.push(network.listen(address, connection => this.#accept(connection, door), listening))
  }

  /** As `listen`, for those who only want to know how the node is. */
  listenForMetrics(
    network: Network,
    address: Address,
    listening: (error: NetworkError | null) => void,
  ): void {
    const door = { methods: this.#health.methods, http: onlyMonitoring(this.#http) }
    this.#listeners.push(network.listen(address, connection => this.#accept(connection, door), listening))
  }

  /** The group's view of its leader changed. */
  roleChanged(replica: Replica<KvResult>): void {
    this.#counters.leaderSeen(replica.status().leader)
  }

  /** Takes no new connections or calls, and lets those under way finish. */
  drain(): void {
    for (const listener of this.#listeners) listener.close()
    this.#service.stop()
    this.#health.stop()
    for (const connection of this.#connections) connection.shutdown()
  }

  stop(): void {
    this.#service.stop()
    for (const listener of this.#listeners) listener.close()
    for (const connection of [...this.#connections]) connection.destroy()
  }

  #accept(connection: Connection, door: Door): ConnectionHandlers {
    if (this.#connections.size >= this.#connectionsMax) return this.#turnAway(connection)
    const makeEngine = (wantsFlush: () => void): ConnectionEngine =>
      new SniffingEngine((protocol, now) =>
        protocol === 'http2'
          ? this.#grpcEngine(now, door, connection, wantsFlush)
          : new Http1ServerConnection(now, { handler: door.http, wantsFlush, remote: hostOf(connection) }),
      )
    const driver: EngineConnection<ConnectionEngine> = new EngineConnection(
      this.#runtime.clock,
      makeEngine,
      () => this.#connections.delete(driver),
    )
    driver.opened(connection)
    this.#connections.add(driver)
    return driver.handlers
  }

  /** At once, so that what is reserved for files is lent for no longer than an accept takes. */
  #turnAway(connection: Connection): ConnectionHandlers {
    connection.destroy()
    const now = this.#runtime.clock.now()
    if (this.#complainedAt === undefined || msBetween(this.#complainedAt, now) >= COMPLAINT_INTERVAL_MS) {
      this.#complainedAt = now
      this.#runtime.log.warn('clients: a new connection was closed, because there are too many', {
        connections: this.#connections.size,
        remote: connection.remote,
        hint: 'find out who holds them; a higher limit on open files (ulimit -n) allows more',
      })
    }
    return TURNED_AWAY
  }

  #grpcEngine(
    now: Instant,
    { methods, http }: Door,
    connection: Connection,
    wantsFlush: () => void,
  ): ConnectionEngine {
    const { keepaliveIntervalMs: intervalMs, keepaliveTimeoutMs: timeoutMs } = this.#config
    const { certificateName } = connection
    return new GrpcServerConnection(now, {
      methods,
      http,
      wantsFlush,
      traffic: this.#traffic,
      remote: hostOf(connection),
      // As with etcd, a certificate names a user only where certificates are asked for as such.
      ...(this.#config.clientCertAuth && { certificateName }),
      limits: { messageBytesMax: this.#config.requestBytesMax + GRPC_OVERHEAD_BYTES },
      pingPolicy: { ...GRPC_PING_POLICY, intervalMsMin: this.#config.keepaliveMinTimeMs },
      ...(intervalMs > 0 && timeoutMs > 0 && { keepalive: { intervalMs, timeoutMs } }),
    })
  }

  #metrics(options: EtcdOptions): string {
    return renderMetrics(this.#counters, gaugesOf(options), {
      ...this.#measures,
      clientTraffic: this.#traffic,
      process: this.#runtime.processUsage?.(),
      callTimes: this.#callTimes,
    })
  }
}

/** A port says nothing of who it is that connects. */
function hostOf({ remote }: Connection): string {
  return remote.slice(0, Math.max(0, remote.lastIndexOf(':')))
}
