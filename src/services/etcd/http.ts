/**
 * What etcd answers to plain HTTP on its client port, for load balancers, kubelets and Prometheus: `/health`,
 * `/livez`, `/readyz`, `/version` and `/metrics`; and, below `/v3/`, the JSON gateway.
 */
import { NOBODY } from '../../core/ids.ts'
import { addMs } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { AlarmKind, readAlarms } from '../../machines/kv/alarms.ts'
import { alarmName } from '../../wire/etcd/alarm.ts'
import type { HttpHandler, HttpResponse } from '../../wire/http1/http-handler.ts'
import { EtcdErrors } from './errors.ts'
import { readFailure } from './failures.ts'
import { REQUEST_TIMEOUT_MS } from './limits.ts'
import type { EtcdOptions } from './options.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

/** Calls back with null if the member can serve, or with the reason why not. */
type Check = (options: EtcdOptions, done: (reason: string | null) => void) => void

/**
 * @param metrics renders `/metrics` (`renderMetrics`).
 * @param gateway answers what is below `/v3/`; without, there is nothing.
 */
export function createHttpHandler(
  options: EtcdOptions,
  metrics: () => string,
  gateway?: HttpHandler,
): HttpHandler {
  return (request, answer) => {
    if (gateway !== undefined && request.path.startsWith('/v3/')) return gateway(request, answer)
    const respond = (response: HttpResponse): void => answer.respond(response)
    if (request.method !== 'GET') return respond(text(405, 'Method Not Allowed\n'))
    switch (request.path) {
      case '/health':
        return health(options, request.query, respond)
      case '/livez':
        return probe(options, { serializable_read: applied }, request.query, respond)
      case '/readyz':
        return probe(
          options,
          { data_corruption: uncorrupted, serializable_read: applied, linearizable_read: linearizable },
          request.query,
          respond,
        )
      case '/version':
        return respond(
          json(200, {
            etcdserver: ETCD_VERSION,
            etcdcluster: ETCD_CLUSTER_VERSION,
            storage: ETCD_CLUSTER_VERSION,
          }),
        )
      case '/metrics':
        return respond(text(200, metrics(), 'text/plain; version=0.0.4; charset=utf-8'))
      default:
        return respond(text(404, '404 page not found\n'))
    }
  }
}

/** The same handler for those who look after nodes: without the API, and without what names the version. */
export function onlyMonitoring(handler: HttpHandler): HttpHandler {
  return (request, answer) => {
    if (MONITORED.has(request.path)) return handler(request, answer)
    answer.respond(text(404, '404 page not found\n'))
  }
}

const MONITORED: ReadonlySet<string> = new Set(['/health', '/livez', '/readyz', '/metrics'])

/** A linearizable read proves a leader and a quorum; a serializable one only that this member answers. */
function health(options: EtcdOptions, query: string, respond: (response: HttpResponse) => void): void {
  const answer = (reason: string | null): void => {
    const healthy = reason === null
    respond(json(healthy ? 200 : 503, { health: String(healthy), reason: reason ?? '' }))
  }
  const alarm = readAlarms(options.replica.view)
    .map(({ kind }) => alarmName(kind))
    .find(name => !has(query, 'exclude', name))
  if (alarm !== undefined) return answer(`ALARM ${alarm}`)
  // As etcd: without a leader a member is unhealthy, whichever read was asked for.
  if (options.replica.status().leader === NOBODY) return answer('RAFT NO LEADER')
  if (has(query, 'serializable', 'true')) return answer(null)
  linearizable(options, reason => answer(reason === null ? null : `RANGE ERROR:${reason}`))
}

/** One line for each check if one failed or `?verbose` asks for them; checks run one behind the other. */
function probe(
  options: EtcdOptions,
  checks: Readonly<Record<string, Check>>,
  query: string,
  respond: (response: HttpResponse) => void,
): void {
  const lines: string[] = []
  let failed = false
  const names = Object.keys(checks)
  const next = (at: number): void => {
    const name = names[at]
    if (name === undefined) {
      const verbose = failed || has(query, 'verbose')
      respond(text(failed ? 503 : 200, verbose ? `${lines.join('\n')}\n` : 'ok\n'))
      return
    }
    checks[name]!(options, reason => {
      failed ||= reason !== null
      lines.push(reason === null ? `[+]${name} ok` : `[-]${name} failed: ${reason}`)
      next(at + 1)
    })
  }
  next(0)
}

/** The state is there to be read: a node whose store failed has stopped. */
const applied: Check = (_options, done) => done(null)

const uncorrupted: Check = ({ replica }, done) => {
  const isCorrupt = readAlarms(replica.view).some(({ kind }) => kind === AlarmKind.corrupt)
  done(isCorrupt ? 'alarm activated: CORRUPT' : null)
}

const linearizable: Check = ({ replica, clock, requestTimeoutMs }, done) => {
  if (replica.status().leader === NOBODY) return done(EtcdErrors.noLeader.message)
  const deadline = addMs(clock.now(), requestTimeoutMs ?? REQUEST_TIMEOUT_MS)
  replica.read(deadline, refusal => done(refusal === null ? null : readFailure(refusal).message))
}

/** Whether a query has a parameter, with this value if one is given. */
function has(query: string, name: string, value?: string): boolean {
  return query
    .split('&')
    .some(part =>
      value === undefined ? part === name || part.startsWith(`${name}=`) : part === `${name}=${value}`,
    )
}

function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): HttpResponse {
  return { status, contentType, body: utf8Bytes(body) }
}

function json(status: number, body: Readonly<Record<string, string>>): HttpResponse {
  return { status, contentType: 'application/json', body: utf8Bytes(JSON.stringify(body)) }
}
