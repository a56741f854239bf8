/**
 * etcd's v3 API on a replica of the key-value machine: the methods of a gRPC server. What they promise is in
 * etcd's API guarantees; where we do better than etcd the method's own file says so.
 */
import { DecodeError } from '../../core/bytes.ts'
import type { Gauge } from '../../core/gauge.ts'
import { NOBODY } from '../../core/ids.ts'
import { utf8Text } from '../../core/utf8.ts'
import { checkDeleteRange, checkPut } from '../../machines/kv/validate.ts'
import { readCompactionRequest } from '../../wire/etcd/compaction.ts'
import { readDeleteRangeRequest } from '../../wire/etcd/delete-range.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { readPutRequest } from '../../wire/etcd/put.ts'
import type {
  GrpcCall,
  GrpcMethods,
  StreamHandlers,
  StreamMethod,
  UnaryMethod,
} from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { Alarms } from './alarms.ts'
import { Authentication } from './auth/authentication.ts'
import { DEAF, Door } from './auth/door.ts'
import { answerDefragment, answerHash } from './backend.ts'
import { answerMemberList } from './cluster.ts'
import { type Contention, contention } from './contention/contention.ts'
import { CorruptCheck, NO_CORRUPT_CHECK } from './corrupt-check.ts'
import { Downgrades } from './downgrades.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { invalidError } from './failures.ts'
import { KeepAliveStream } from './keep-alive-stream.ts'
import { LeaderMonitor } from './leader-monitor.ts'
import { Leases } from './leases.ts'
import { ELECTION_TIMEOUT_MS } from './limits.ts'
import { answerHashKv, answerStatus } from './maintenance.ts'
import { MemberChanges } from './member-changes.ts'
import { EtcdPaths } from './method-paths.ts'
import { answerMoveLeader } from './move-leader.ts'
import type { EtcdOptions } from './options.ts'
import { RangeStream } from './range-stream.ts'
import { Ranges } from './ranges.ts'
import { Renewals } from './renewals.ts'
import { costOfPut } from './request-cost.ts'
import { RequestKeeper } from './request-keeper.ts'
import { Responder } from './responder.ts'
import { Slices } from './slices.ts'
import { SnapshotStream } from './snapshot-stream.ts'
import { Space } from './space.ts'
import { Txns } from './txns.ts'
import { VersionKeeper } from './version-keeper.ts'
import { Watches } from './watch/watches.ts'
import { Writes } from './writes.ts'

type Handle = (call: GrpcCall, message: Uint8Array) => void
type Open = (call: GrpcCall) => ServiceStream

/** One call of a stream, as the service that serves it. */
interface ServiceStream extends StreamHandlers {
  /** The call is over, whoever ended it. Comes once at least. */
  ended?(): void
}

export interface EtcdService {
  readonly methods: GrpcMethods
  /** Ends the streams that would go on for ever: their clients turn to other members. */
  stop(): void
  /** How full everything is that it holds; for the simulator. */
  gauges(): readonly Gauge[]
}

export function createEtcdService(options: EtcdOptions): EtcdService {
  const responder = new Responder(options)
  const space = new Space(responder)
  const versions = new VersionKeeper(options)
  const slices = new Slices(options.clock)
  const check = new CorruptCheck(responder, slices, options.corruptCheck ?? NO_CORRUPT_CHECK)
  const watches = new Watches(responder, options.changes)
  const methods = new Map<string, UnaryMethod | StreamMethod>()
  const contending = contention(responder, methods)
  const writes = new Writes(responder, space)
  const renewals = new Renewals(responder)
  const authentication = new Authentication(responder, writes)
  const parts = { responder, watches, writes, renewals, authentication, slices, contending }
  for (const [path, method] of methodsOf(parts)) methods.set(path, method)
  return {
    methods,
    stop: () => {
      watches.stop()
      space.stop()
      versions.stop()
      check.stop()
      authentication.stop()
    },
    gauges: () => [
      ...writes.gauges(),
      renewals.gauge(),
      ...watches.gauges(),
      ...authentication.gauges(),
      ...contending.gauges(),
    ],
  }
}

/** What the methods of a service share. */
interface ServiceParts {
  readonly responder: Responder
  readonly watches: Watches
  readonly writes: Writes
  readonly renewals: Renewals
  readonly authentication: Authentication
  readonly slices: Slices
  readonly contending: Contention
}

function methodsOf(parts: ServiceParts): GrpcMethods {
  const { responder, watches, writes, renewals, authentication, slices, contending } = parts
  const { options } = responder
  const keeper = new RequestKeeper()
  const ranges = new Ranges(responder, slices, keeper)
  const txns = new Txns(responder, slices, keeper, writes)
  const members = new MemberChanges(responder)
  const leases = new Leases(responder, slices, writes)
  const alarms = new Alarms(responder, writes)
  const downgrades = new Downgrades(responder, writes)
  const handlers: readonly (readonly [string, Handle])[] = [
    ...authentication.handlers,
    [EtcdPaths.range, (call, message) => ranges.handle(call, message)],
    [EtcdPaths.put, (call, message) => put(responder, writes, call, message)],
    [EtcdPaths.deleteRange, (call, message) => deleteRange(responder, writes, call, message)],
    [EtcdPaths.txn, (call, message) => txns.handle(call, message)],
    [EtcdPaths.compact, (call, message) => compact(responder, writes, call, message)],
    [EtcdPaths.leaseGrant, (call, message) => leases.grant(call, message)],
    [EtcdPaths.leaseRevoke, (call, message) => leases.revoke(call, message)],
    [EtcdPaths.leaseTimeToLive, (call, message) => leases.timeToLive(call, message)],
    [EtcdPaths.leaseLeases, (call, message) => leases.list(call, message)],
    [EtcdPaths.alarm, (call, message) => alarms.handle(call, message)],
    [EtcdPaths.downgrade, (call, message) => downgrades.handle(call, message)],
    [EtcdPaths.status, (call, message) => answerStatus(responder, call, message)],
    [EtcdPaths.hash, (call, message) => answerHash(responder, slices, call, message)],
    [EtcdPaths.defragment, (call, message) => answerDefragment(responder, call, message)],
    [EtcdPaths.hashKv, (call, message) => answerHashKv(responder, slices, call, message)],
    [EtcdPaths.moveLeader, (call, message) => answerMoveLeader(responder, call, message)],
    [EtcdPaths.memberList, (call, message) => answerMemberList(responder, call, message)],
    [EtcdPaths.memberAdd, (call, message) => members.add(call, message)],
    [EtcdPaths.memberRemove, (call, message) => members.remove(call, message)],
    [EtcdPaths.memberUpdate, (call, message) => members.update(call, message)],
    [EtcdPaths.memberPromote, (call, message) => members.promote(call, message)],
    ...contending.handlers,
  ]
  const streams: readonly (readonly [string, Open])[] = [
    [EtcdPaths.leaseKeepAlive, call => new KeepAliveStream(responder, renewals, call)],
    [EtcdPaths.watch, call => watches.open(call)],
    [EtcdPaths.rangeStream, call => new RangeStream(responder, slices, call)],
    [EtcdPaths.snapshot, call => new SnapshotStream(responder, slices, call)],
    ...contending.streams,
  ]
  const monitor = monitorOf(options)
  const door = new Door(responder)
  return new Map<string, UnaryMethod | StreamMethod>([
    ...handlers.map(([path, handle]) => [path, unary(responder, door, path, handle)] as const),
    ...streams.map(([path, open]) => [path, stream(responder, door, monitor, path, open)] as const),
  ])
}

function put(responder: Responder, writes: Writes, call: GrpcCall, message: Uint8Array): void {
  const request = decode(message, readPutRequest)
  // Before every other check, as etcd does.
  if (writes.refuses(costOfPut(request))) return responder.fail(call, EtcdErrors.noSpace)
  const problem = checkPut(request)
  if (problem !== undefined) return responder.fail(call, invalidError(problem))
  writes.propose(call, message, { kind: 'put', put: request })
}

function deleteRange(responder: Responder, writes: Writes, call: GrpcCall, message: Uint8Array): void {
  const request = decode(message, readDeleteRangeRequest)
  const problem = checkDeleteRange(request)
  if (problem !== undefined) return responder.fail(call, invalidError(problem))
  writes.propose(call, message, { kind: 'deleteRange', deleteRange: request })
}

/** "Physical" waits until the state machine has removed what was compacted. */
function compact(responder: Responder, writes: Writes, call: GrpcCall, message: Uint8Array): void {
  const { revision, physical } = decode(message, readCompactionRequest)
  writes.propose(call, message, { kind: 'compact', compact: { revision } }, result => {
    if (!physical || result.kind === 'refused') return writes.answer(call, result)
    responder.options.replica.swept(() => writes.answer(call, result))
  })
}

function unary(responder: Responder, door: Door, path: string, handle: Handle): UnaryMethod {
  responder.options.counters.register(path)
  return {
    kind: 'unary',
    handle: (call, message) => {
      if (!isAdmitted(responder, path, call)) return
      door.enter(call, message, bytes => refusingGarbage(responder, call, () => handle(call, bytes)))
    },
  }
}

function stream(
  responder: Responder,
  door: Door,
  monitor: LeaderMonitor,
  path: string,
  open: Open,
): StreamMethod {
  responder.options.counters.register(path, 'bidi_stream')
  return {
    kind: 'stream',
    open: call => {
      if (!isAdmitted(responder, path, call)) return DEAF
      return door.enterStream(call, () => serve(responder, monitor, call, open(call)))
    },
  }
}

/** A stream that is open: what comes of it, until the call is over. */
function serve(
  responder: Responder,
  monitor: LeaderMonitor,
  call: GrpcCall,
  service: ServiceStream,
): StreamHandlers {
  if (service.ended !== undefined) {
    call.onCancelled = () => {
      responder.dropped(call)
      service.ended?.()
    }
  }
  const onwards = (handle: () => void): void => {
    refusingGarbage(responder, call, handle)
    if (call.ended) service.ended?.()
  }
  if (requiresLeader(call)) {
    monitor.whenLost(call, () => onwards(() => responder.fail(call, EtcdErrors.noLeader)))
  }
  return {
    received: message => onwards(() => service.received(message)),
    halfClosed: () => onwards(() => service.halfClosed()),
    drained: () => onwards(() => service.drained()),
  }
}

function monitorOf({ replica, clock, electionTimeoutMs }: EtcdOptions): LeaderMonitor {
  const hasLeader = (): boolean => replica.status().leader !== NOBODY
  return new LeaderMonitor(clock, hasLeader, electionTimeoutMs ?? ELECTION_TIMEOUT_MS)
}

function requiresLeader(call: GrpcCall): boolean {
  return call.metadata('hasleader') === 'true'
}

/** What comes before every method: counting, what the caller says of itself, who may be asked. */
function isAdmitted(responder: Responder, path: string, call: GrpcCall): boolean {
  responder.options.counters.started(path)
  const refusal = refusalOf(responder, path, call)
  if (refusal !== undefined) responder.fail(call, refusal)
  return refusal === undefined
}

function refusalOf(responder: Responder, path: string, call: GrpcCall): EtcdError | undefined {
  if (!isUtf8(call.metadata('client-api-version'))) return EtcdErrors.invalidClientApiVersion
  const { leader, role } = responder.status()
  if (leader === NOBODY && requiresLeader(call)) return EtcdErrors.noLeader
  return role === 'learner' && !LEARNER_SERVES.has(path) ? EtcdErrors.notForLearner : undefined
}

/** Bytes that are no message end the call. */
function refusingGarbage(responder: Responder, call: GrpcCall, handle: () => void): void {
  try {
    handle()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    responder.finish(call, GrpcStatus.internal, `grpc: error unmarshalling request: ${error.message}`)
  }
}

/** Whether a value of metadata, each of whose characters is one byte, is UTF-8 text. Most are ASCII. */
function isUtf8(value: string | undefined): boolean {
  if (value === undefined || !BEYOND_ASCII.test(value)) return true
  try {
    utf8Text(Uint8Array.from(value, character => character.charCodeAt(0)))
    return true
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return false
  }
}

const BEYOND_ASCII = /[\x80-\xff]/

/** A learner's state may be far behind: it tells how it is, and `Ranges` lets serializable ranges through. */
const LEARNER_SERVES: ReadonlySet<string> = new Set([EtcdPaths.status, EtcdPaths.range, EtcdPaths.snapshot])
