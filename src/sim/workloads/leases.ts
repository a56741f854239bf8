/**
 * Leases as programs use them: granted, keys put under them, kept alive in time, just in time or too late, looked at,
 * and then revoked or left to end by themselves. Keys are shared, so that they move from lease to lease, and some are
 * put without one again, and stay.
 */
import { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { NO_LEASE } from '../../machines/kv/leases.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import type { LeaseAnswer, LeaseCall } from '../checkers/lease-record.ts'
import type { LeaseTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import type { Answer, RecordedClient } from './recorded-client.ts'
import type { Stage, Workload } from './workload.ts'

const KEYS = 4
const TTL_SECONDS_MIN = 2
const TTL_SECONDS_MAX = 6
/** Tenths of its time to live after which a lease is renewed: mostly in time, at times when it is just over. */
const PACES = [3, 3, 6, 9, 10, 11, 14]
/** Ids that a client chooses begin with its own. */
const NAMES_PER_CLIENT = 1_000_000n

export const leases: Workload = {
  plan: (random, size) =>
    drawPlan('leases', random, size, () => ({ kind: 'leases', leases: drawTask(random) })),
  start(stage, plan) {
    const program = new Leases(stage, plan.timeoutMs)
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'leases') await program.perform(client, task.leases)
      },
      () => [],
    )
  },
}

function drawTask(random: Random): LeaseTask {
  return {
    ttlSeconds: TTL_SECONDS_MIN + random.below(TTL_SECONDS_MAX - TTL_SECONDS_MIN + 1),
    keys: Array.from({ length: random.below(3) }, () => random.below(KEYS)),
    renewals: random.below(4),
    paceTenths: PACES[random.below(PACES.length)]!,
    looks: random.chance(1, 2),
    revokes: random.chance(1, 3),
    detaches: random.chance(1, 3),
    isNamed: random.chance(1, 2),
  }
}

/** Asks for what is no request of the store, and writes down what it is told. */
export class Leases {
  readonly #stage: Stage
  readonly #timeoutMs: number
  #named = 0n

  constructor(stage: Stage, timeoutMs: number) {
    this.#stage = stage
    this.#timeoutMs = timeoutMs
  }

  async perform(client: RecordedClient, task: LeaseTask): Promise<void> {
    const granted = await this.grant(client, task)
    if (granted === undefined) return
    const { id } = granted
    for (const key of task.keys) await this.put(client, key, id)
    const [first] = task.keys
    if (task.detaches && first !== undefined) await this.put(client, first, NO_LEASE)
    for (let renewals = 0; renewals < task.renewals && !this.#stage.isPressed(); renewals++) {
      await client.pause(task.ttlSeconds * task.paceTenths * 100)
      if (task.looks) await this.#look(client, id)
      if ((await this.renew(client, id)) === 0) return
    }
    if (task.revokes) await this.#revoke(client, id)
  }

  /** Undefined if it is not known to have been granted. */
  async grant(
    { id: client, unrecorded }: RecordedClient,
    { ttlSeconds: seconds, isNamed }: Pick<LeaseTask, 'ttlSeconds' | 'isNamed'>,
  ): Promise<{ readonly id: bigint; readonly ttlSeconds: number } | undefined> {
    const calledAt = this.#now()
    const asked = isNamed ? BigInt(client) * NAMES_PER_CLIENT + ++this.#named : undefined
    const name = asked === undefined ? {} : { id: asked, idempotent: true }
    const answer = await unrecorded.leases.grant(seconds, { timeoutMs: this.#timeoutMs, ...name }).then(
      ({ id, ttlSeconds }) => ({ kind: 'done', id, ttlSeconds }) as const,
      error => this.#failed(error),
    )
    this.#note({ kind: 'grant', calledAt, answeredAt: this.#now(), asked, answer })
    return answer.kind === 'done' ? answer : undefined
  }

  async put(client: RecordedClient, key: number, lease: bigint): Promise<void> {
    const put = { ...PUT_DEFAULTS, key: utf8Bytes(`leased/${key}`), value: utf8Bytes(`${lease}`), lease }
    await client.ask({ kind: 'put', put })
  }

  /** For how long it is granted again, if that is known. */
  async renew({ unrecorded }: RecordedClient, id: bigint): Promise<number | undefined> {
    const calledAt = this.#now()
    const answer = await unrecorded.leases.keepAliveOnce(id, { timeoutMs: this.#timeoutMs }).then(
      ttlSeconds => ({ kind: 'done', ttlSeconds }) as const,
      error => this.#failed(error),
    )
    this.#note({ kind: 'keepAlive', calledAt, answeredAt: this.#now(), id, answer })
    return answer.kind === 'done' ? answer.ttlSeconds : undefined
  }

  async #look({ unrecorded }: RecordedClient, id: bigint): Promise<void> {
    const calledAt = this.#now()
    const answer = await unrecorded.leases.timeToLive(id, { timeoutMs: this.#timeoutMs }).then(
      ({ ttlSeconds, grantedTtlSeconds }) => ({ kind: 'done', ttlSeconds, grantedTtlSeconds }) as const,
      error => this.#failed(error),
    )
    this.#note({ kind: 'timeToLive', calledAt, answeredAt: this.#now(), id, answer })
  }

  /** Also a request of the store, whose keys go. */
  async #revoke(client: RecordedClient, id: bigint): Promise<void> {
    const calledAt = this.#now()
    const told = await client.ask({ kind: 'leaseRevoke', leaseRevoke: { id } })
    const answer = revocationOf(told)
    this.#note({ kind: 'revoke', calledAt, answeredAt: this.#now(), id, answer })
  }

  #now(): number {
    return this.#stage.cluster.now()
  }

  #note(call: LeaseCall): void {
    this.#stage.leases.calls.push(call)
  }

  #failed(error: unknown): LeaseAnswer<never> {
    if (!(error instanceof ClientError)) throw error
    this.#stage.failed(error)
    if (error.outcome !== 'refused') return { kind: 'unknown' }
    return { kind: 'refused', reason: error.status === GrpcStatus.notFound ? 'leaseNotFound' : 'notServed' }
  }
}

function revocationOf(told: Answer<'leaseRevoke'>): LeaseAnswer<object> {
  if (told.kind === 'done') return { kind: 'done' }
  if (told.kind === 'unknown') return told
  return { kind: 'refused', reason: told.reason === 'leaseNotFound' ? 'leaseNotFound' : 'notServed' }
}
