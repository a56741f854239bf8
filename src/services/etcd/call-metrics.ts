/** What became of calls, under the names of grpc-go's own metrics. */
import type { Histogram } from '../../core/histogram.ts'
import { STATUS_NAMES } from '../../wire/grpc/status.ts'
import type { EtcdCounters } from './counters.ts'
import type { Exposition } from './exposition.ts'

/** @param times how long calls took, by path; empty unless they were measured. */
export function addCalls(
  to: Exposition,
  { calls }: EtcdCounters,
  times: ReadonlyMap<string, Histogram>,
): void {
  to.family('counter', 'grpc_server_started_total', 'Calls that began.')
  for (const [path, { type, started }] of calls) {
    to.series('grpc_server_started_total', labelsOf(path, type), started)
  }
  to.family('counter', 'grpc_server_handled_total', 'Calls that ended.')
  for (const [path, { type, handled }] of calls) {
    for (const [status, count] of handled.entries()) {
      if (count === 0) continue
      const code = `grpc_code="${STATUS_NAMES[status]}"`
      to.series('grpc_server_handled_total', `${code},${labelsOf(path, type)}`, count)
    }
  }
  if (times.size === 0) return
  to.family('histogram', 'grpc_server_handling_seconds', 'How long calls took that are answered once.')
  for (const [path, histogram] of times) {
    to.buckets('grpc_server_handling_seconds', labelsOf(path, 'unary'), histogram)
  }
}

function labelsOf(path: string, type: string): string {
  const [, service, method] = path.split('/')
  return `grpc_method="${method}",grpc_service="${service}",grpc_type="${type}"`
}
