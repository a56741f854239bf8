/**
 * Users whose rights come and go while they ask. Root gives a guest its role and takes it, and keys to the role; right
 * behind each change the guest reads or writes such a key, over a connection of its own. Authentication goes on while
 * everybody asks already: all other programs of such a run are root, and log in when they have to.
 */
import type { Client } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import { PermissionType } from '../../client/index.ts'
import { EMPTY } from '../../core/bytes.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { EtcdErrors } from '../../services/etcd/errors.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { RIGHTS_CONFIGURATIONS_MAX } from '../checkers/limits.ts'
import { checkRights, type RightsAct, type RightsOperation } from '../checkers/rights.ts'
import { GUESTS, isThereAlready, ONCE, roleOf, SETTING_UP } from './guests.ts'
import { RETRY_PAUSE_MS, SETTING_UP_TRIES_MAX } from './limits.ts'
import type { RightsChange, RightsTask } from './plan.ts'
import { drawPlan, type Perform, runProgram } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import type { Stage, Workload } from './workload.ts'

const KEYS = 2

/** More is given than taken: who is served mostly shows more than who is denied always. */
const CHANGES: readonly RightsChange[] = [
  ...(['none', 'none', 'none', 'give', 'give', 'give', 'give', 'take'] as const),
  ...(['allow', 'allow', 'allow', 'allow', 'allow', 'forbid', 'forbid'] as const),
]

export const rights: Workload = {
  plan: (random, size) =>
    drawPlan('rights', random, size, () => ({ kind: 'rights', rights: drawTask(random) })),
  start(stage, plan) {
    const program = new Rights(stage, plan.timeoutMs)
    return runProgram(
      stage,
      plan,
      () => program.performer(),
      () =>
        checkRights(program.history, RIGHTS_CONFIGURATIONS_MAX).map(({ sentence }) => `rights: ${sentence}`),
    )
  },
}

function drawTask(random: Random): RightsTask {
  return {
    guest: random.below(GUESTS.length),
    key: random.below(KEYS),
    change: CHANGES[random.below(CHANGES.length)]!,
    writes: random.chance(2, 3),
  }
}

/** With which there was nothing to take. */
const NOTHING_THERE: ReadonlySet<string> = new Set([
  EtcdErrors.roleNotGranted.message,
  EtcdErrors.permissionNotGranted.message,
])

class Rights {
  readonly history: RightsOperation[] = []
  readonly #stage: Stage
  readonly #timeoutMs: number
  #isReady: Promise<boolean> | undefined
  #writes = 0

  constructor(stage: Stage, timeoutMs: number) {
    this.#stage = stage
    this.#timeoutMs = timeoutMs
  }

  /** Of one program, which is root and both guests in turn. */
  performer(): Perform {
    const guests = new Map<number, RecordedClient>()
    return async (client, task) => {
      if (task.kind !== 'rights') return
      this.#isReady ??= this.#setUp(client)
      if (!(await this.#isReady)) return
      const { guest, change } = task.rights
      if (change !== 'none') await this.#change(client.unrecorded, task.rights, change)
      const asked =
        guests.get(guest) ?? new RecordedClient(this.#stage, this.#timeoutMs, { credentials: GUESTS[guest]! })
      guests.set(guest, asked)
      await this.#use(asked, task.rights)
    }
  }

  /** False if it never came about: then nobody has any rights to speak of. */
  async #setUp(client: RecordedClient): Promise<boolean> {
    const { auth } = client.unrecorded
    const options = { ...ONCE, timeoutMs: this.#timeoutMs }
    let triesLeft = SETTING_UP_TRIES_MAX
    const insist = async (attempt: () => Promise<boolean>): Promise<void> => {
      while (triesLeft-- > 0 && !(await attempt())) await client.pause(RETRY_PAUSE_MS)
    }
    for (const make of SETTING_UP) await insist(() => this.#made(() => make(auth)))
    await insist(async () => {
      const enabling = { client: client.id, user: '', act: { kind: 'enable' } } as const
      return (await this.#recorded(enabling, () => auth.enable(options))) !== 'unknown'
    })
    return triesLeft >= 0
  }

  async #made(request: () => Promise<void>): Promise<boolean> {
    try {
      await request()
      return true
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.#stage.failed(error)
      return isThereAlready(error)
    }
  }

  async #change(
    { auth }: Client,
    { guest, key: at }: RightsTask,
    kind: Exclude<RightsTask['change'], 'none'>,
  ): Promise<void> {
    const { username: user } = GUESTS[guest]!
    const role = roleOf(GUESTS[guest]!)
    const options = { ...ONCE, timeoutMs: this.#timeoutMs }
    const keys = { key: utf8Bytes(keyOf(at)), rangeEnd: EMPTY }
    const request = {
      give: () => auth.grantRole(user, role, options),
      take: () => auth.revokeRole(user, role, options),
      allow: () => auth.grantPermission(role, { type: PermissionType.readWrite, ...keys }, options),
      forbid: () => auth.revokePermission(role, keys, options),
    }[kind]
    const act: RightsAct = kind === 'give' || kind === 'take' ? { kind } : { kind, key: at }
    await this.#recorded({ client: 0, user, act }, request)
  }

  async #use(client: RecordedClient, { guest, key, writes }: RightsTask): Promise<void> {
    const calledAt = this.#stage.moment()
    const name = utf8Bytes(keyOf(key))
    const value = utf8Bytes(`${++this.#writes}`)
    const answer = await client.ask(
      writes
        ? { kind: 'put', put: { ...PUT_DEFAULTS, key: name, value } }
        : { kind: 'range', range: { ...RANGE_DEFAULTS, key: name } },
    )
    const returnedAt = this.#stage.moment()
    const isDenied = answer.kind === 'refused' && answer.reason === 'permissionDenied'
    if (answer.kind !== 'done' && !isDenied) return
    const { username: user } = GUESTS[guest]!
    const act = { kind: 'use', key } as const
    const outcome = isDenied ? 'denied' : 'done'
    this.history.push({ client: client.id, user, act, calledAt, returnedAt, outcome })
  }

  /** What was surely not done is left out. */
  async #recorded(
    of: Pick<RightsOperation, 'client' | 'user' | 'act'>,
    request: () => Promise<void>,
  ): Promise<'done' | 'refused' | 'unknown'> {
    const calledAt = this.#stage.moment()
    const outcome = await request().then(
      () => 'done' as const,
      error => this.#failed(error),
    )
    const returnedAt = this.#stage.moment()
    if (outcome === 'refused') return outcome
    if (outcome === 'unknown') this.history.push({ ...of, calledAt, outcome: 'done' })
    else this.history.push({ ...of, calledAt, returnedAt, outcome })
    return outcome === 'denied' ? 'refused' : outcome
  }

  #failed(error: unknown): 'denied' | 'refused' | 'unknown' {
    if (!(error instanceof ClientError)) throw error
    this.#stage.failed(error)
    if (error.outcome !== 'refused') return 'unknown'
    return NOTHING_THERE.has(error.message) ? 'denied' : 'refused'
  }
}

function keyOf(key: number): string {
  return `right/${key}`
}
