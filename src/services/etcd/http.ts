/**
 * What etcd answers to plain HTTP on its client port, for load balancers, kubelets and Prometheus: `/health`,
 * `/livez`, `/readyz`, `/version` and `/metrics`; and, below `/v3/`, the JSON gateway.
 */
import { NOBODY } from '../../core/ids.ts'
import { readAlarms } from '../../machines/kv/alarms.ts'
import { alarmName } from '../../wire/etcd/alarm.ts'
import type { HttpHandler, HttpResponse } from '../../wire/http1/http-handler.ts'
import { has, json, text } from './http-text.ts'
import type { EtcdOptions } from './options.ts'
import { answerProbe, linearizableRead, probeAt } from './probes.ts'
import { ETCD_CLUSTER_VERSION, ETCD_VERSION } from './version.ts'

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
      default: {
        const probe = probeAt(request.path)
        if (probe === undefined) return respond(text(404, '404 page not found\n'))
        return answerProbe(options, probe, request.query, respond)
      }
    }
  }
}

/** The same handler for those who look after nodes: without the API, and without what names the version. */
export function onlyMonitoring(handler: HttpHandler): HttpHandler {
  return (request, answer) => {
    if (MONITORED.has(request.path) || probeAt(request.path) !== undefined) return handler(request, answer)
    answer.respond(text(404, '404 page not found\n'))
  }
}

const MONITORED: ReadonlySet<string> = new Set(['/health', '/metrics'])

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
  // As etcd since 3.5: who asks for a serializable read wants to know of this member, whether or not there is a leader.
  if (has(query, 'serializable', 'true')) return answer(null)
  if (options.replica.status().leader === NOBODY) return answer('RAFT NO LEADER')
  linearizableRead(options, reason => answer(reason === null ? null : `RANGE ERROR:${reason}`))
}
