/** Flags about the node itself: where it is, what it takes, and what it tells of itself. */
import {
  type Flags,
  idle,
  idleBoolean,
  refused,
  used,
  usedAdding,
  usedBoolean,
  usedDuration,
} from './flag.ts'

const OUR_LOGS = 'logs are lines of JSON on standard error; whoever supervises the process keeps them'
const SLOW_REQUESTS = 'slow requests are not logged; /metrics has what they take, with --metrics extensive'
const NO_TRACES = 'no traces are sent yet'
const NO_V2 = 'version 2 of the API is not served'

export const SERVING: Flags = {
  name: used('name', 'name of this member (default "default")'),
  'data-dir': used('dataDir', 'where this node keeps its data (default "NAME.etcd")'),
  'listen-client-urls': used(
    'listenClientUrls',
    'where to listen for clients; https URLs speak TLS (default http://localhost:2379)',
  ),
  'advertise-client-urls': used(
    'advertiseClientUrls',
    'client URLs to tell others (default: those listened on)',
  ),
  'max-txn-ops': used('txnOperationsMax', 'operations in one transaction, at most (default 128)'),
  'max-request-bytes': used('requestBytesMax', 'bytes of one request, at most (default 1572864)'),
  'grpc-keepalive-min-time': usedDuration(
    'keepaliveMinTimeMs',
    "shortest time between a client's pings (default 5s)",
  ),
  'grpc-keepalive-interval': usedDuration(
    'keepaliveIntervalMs',
    'silence after which a client is pinged (default 2h; 0s: never)',
  ),
  'grpc-keepalive-timeout': usedDuration(
    'keepaliveTimeoutMs',
    'how long it may then take to answer (default 20s; 0s: no pings)',
  ),
  'watch-progress-notify-interval': usedDuration(
    'watchProgressIntervalMs',
    'how often quiet watches that ask for it are told how far they are (default 10m)',
  ),
  'experimental-watch-progress-notify-interval': usedDuration(
    'watchProgressIntervalMs',
    'the older name of --watch-progress-notify-interval',
  ),
  'enable-grpc-gateway': usedBoolean('isGatewayEnabled', 'whether /v3/ is served as JSON (default true)'),
  'listen-metrics-urls': used(
    'listenMetricsUrls',
    'where else to answer /metrics and /health, and nothing besides',
  ),
  metrics: used('metrics', 'basic (default), or extensive: with the times that calls took'),
  'log-level': used('logLevel', 'debug, info, warn or error (default info)'),
  'feature-gates': usedAdding(
    'featureGates',
    'InitialCorruptCheck=true is --experimental-initial-corrupt-check; what other gates open stands, or is not needed',
  ),

  'listen-client-http-urls': refused(
    'gRPC and HTTP share the client URLs; a port cannot be kept from one of them',
  ),
  'max-concurrent-streams': idle('streams at once are bounded for each connection, as every queue is'),
  'socket-reuse-address': idleBoolean('the runtime sets SO_REUSEADDR itself, and never SO_REUSEPORT'),
  'socket-reuse-port': idleBoolean('the runtime sets SO_REUSEADDR itself, and never SO_REUSEPORT'),
  cors: idle('no page of another origin is let in, whatever is named'),
  'host-whitelist': refused('the Host of a request is not checked yet', ['*']),
  'enable-pprof': idleBoolean("there is no profiler behind a URL; node --cpu-prof is the runtime's"),
  'enable-log-rotation': idleBoolean(OUR_LOGS),
  'log-format': idle(OUR_LOGS),
  'log-outputs': idle(OUR_LOGS),
  'log-package-levels': idle(OUR_LOGS),
  'log-rotation-config-json': idle(OUR_LOGS),
  logger: idle(OUR_LOGS),
  debug: idleBoolean('--log-level=debug says more'),
  'warning-apply-duration': idle(SLOW_REQUESTS),
  'experimental-warning-apply-duration': idle(SLOW_REQUESTS),
  'warning-unary-request-duration': idle(SLOW_REQUESTS),
  'experimental-warning-unary-request-duration': idle(SLOW_REQUESTS),
  'enable-distributed-tracing': idleBoolean(NO_TRACES),
  'distributed-tracing-address': idle(NO_TRACES),
  'distributed-tracing-instance-id': idle(NO_TRACES),
  'distributed-tracing-sampling-rate': idle(NO_TRACES),
  'distributed-tracing-service-name': idle(NO_TRACES),
  'experimental-enable-distributed-tracing': idleBoolean(NO_TRACES),
  'experimental-distributed-tracing-address': idle(NO_TRACES),
  'experimental-distributed-tracing-instance-id': idle(NO_TRACES),
  'experimental-distributed-tracing-sampling-rate': idle(NO_TRACES),
  'experimental-distributed-tracing-service-name': idle(NO_TRACES),
  'enable-v2': idleBoolean(NO_V2),
  'experimental-enable-v2v3': idle(NO_V2),
  'v2-deprecation': idle(NO_V2),
  proxy: refused('a node is a member, and no proxy', ['off']),
  'proxy-dial-timeout': idle('a node is a member, and no proxy'),
  'proxy-failure-wait': idle('a node is a member, and no proxy'),
  'proxy-read-timeout': idle('a node is a member, and no proxy'),
  'proxy-refresh-interval': idle('a node is a member, and no proxy'),
  'proxy-write-timeout': idle('a node is a member, and no proxy'),
}
