/**
 * `/livez` and `/readyz` as etcd has them since 3.5.11: whether a member should be restarted, and whether it should be
 * asked. Each consists of checks, which have paths of their own (`/readyz/linearizable_read`); `?verbose` shows them,
 * and `?exclude=NAME`, as often as one likes, leaves some out.
 */
import { NOBODY } from '../../core/ids.ts'
import { addMs } from '../../core/time.ts'
import { AlarmKind, readAlarms } from '../../machines/kv/alarms.ts'
import type { HttpResponse } from '../../wire/http1/http-handler.ts'
import { EtcdErrors } from './errors.ts'
import { readFailure } from './failures.ts'
import { has, text } from './http-text.ts'
import { REQUEST_TIMEOUT_MS } from './limits.ts'
import type { EtcdOptions } from './options.ts'

/** Calls back with null if all is well, or with the reason why not. */
type Check = (options: EtcdOptions, done: (reason: string | null) => void) => void

/** The state is there to be read: a node whose store failed has stopped. */
const serializableRead: Check = (_options, done) => done(null)

/** A round of a quorum proves a leader, and that this member reaches it. */
export const linearizableRead: Check = ({ replica, clock, requestTimeoutMs }, done) => {
  if (replica.status().leader === NOBODY) return done(EtcdErrors.noLeader.message)
  const deadline = addMs(clock.now(), requestTimeoutMs ?? REQUEST_TIMEOUT_MS)
  replica.read(deadline, refusal => done(refusal === null ? null : readFailure(refusal).message))
}

const dataCorruption: Check = ({ replica }, done) => {
  const isCorrupt = readAlarms(replica.view).some(({ kind }) => kind === AlarmKind.corrupt)
  done(isCorrupt ? 'alarm activated: CORRUPT' : null)
}

/** A learner answers next to nothing: balancers pass it by until it votes. */
const nonLearner: Check = ({ replica }, done) => {
  done(replica.status().role === 'learner' ? EtcdErrors.notForLearner.message : null)
}

/** By name, in the order they run; one behind the other. */
type Probe = Readonly<Record<string, Check>>

const LIVEZ: Probe = { serializable_read: serializableRead }
const READYZ: Probe = {
  data_corruption: dataCorruption,
  serializable_read: serializableRead,
  linearizable_read: linearizableRead,
  non_learner: nonLearner,
}

const PROBES: ReadonlyMap<string, Probe> = new Map([
  ...withParts('/livez', LIVEZ),
  ...withParts('/readyz', READYZ),
])

function withParts(path: string, probe: Probe): [string, Probe][] {
  const parts = Object.entries(probe).map(([name, check]): [string, Probe] => [
    `${path}/${name}`,
    { [name]: check },
  ])
  return [[path, probe], ...parts]
}

export function probeAt(path: string): Probe | undefined {
  return PROBES.get(path)
}

/** A line for each check if one failed or `?verbose` asks for them. */
export function answerProbe(
  options: EtcdOptions,
  probe: Probe,
  query: string,
  respond: (response: HttpResponse) => void,
): void {
  const names = Object.keys(probe).filter(name => !has(query, 'exclude', name))
  const lines: string[] = []
  let failed = false
  const next = (at: number): void => {
    const name = names[at]
    if (name === undefined) {
      const shown = failed || has(query, 'verbose') ? lines.map(line => `${line}\n`).join('') : ''
      return respond(failed ? text(503, shown) : text(200, `${shown}ok\n`))
    }
    probe[name]!(options, reason => {
      failed ||= reason !== null
      lines.push(reason === null ? `[+]${name} ok` : `[-]${name} failed: ${reason}`)
      next(at + 1)
    })
  }
  next(0)
}
