/**
 * Locks and elections by the client's own recipes, and writes that they guard. Whoever holds one stands still at times,
 * for longer than its lease lasts and without knowing it; then it writes on, for all it knows it holds it still. The
 * committed log says who held it when, and so whether such a write may be there.
 */
import { ClientError } from '../../client/errors.ts'
import type { Holding, HoldOptions } from '../../client/index.ts'
import { lostSignal } from '../../client/lost-signal.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Text } from '../../core/utf8.ts'
import type { CommittedLog } from '../checkers/committed-log.ts'
import { checkFencing, type LockAnswer, type LockEffect } from '../checkers/fencing.ts'
import { textOf } from '../checkers/json-codec.ts'
import type { HoldEnd, HoldTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import { putOf } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

/** Of these the last is an election, the others are locks. */
const CONTESTS = 2

const TTL_SECONDS_MIN = 2
const PATIENCES_MS = [1_000, 5_000, 15_000]
const PAUSES_MS = [0, 0, 20, 1_000]
/** Behind which request: mostly one of those that end the wait, or of the first writes. */
const PLACES_OF_STILLNESS = [0, 0, 2, 3, 3, 4, 4, 5, 6]
/** Beyond the time of its lease; or short of it. */
const STILLNESS_BEYOND_MS = [-1_000, 500, 2_500, 6_000]
const ENDS: readonly HoldEnd[] = ['release', 'release', 'leave', 'vanish']

export const holders: Workload = {
  plan: (random, size) =>
    drawPlan('holders', random, size, () => ({ kind: 'holders', holders: drawTask(random) })),
  start(stage, plan) {
    const program = new Holders(stage, plan.timeoutMs)
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'holders') await program.perform(client, task.holders)
      },
      () => program.problems(),
      () => new RecordedClient(stage, plan.timeoutMs, { isTapped: true }),
    )
  },
}

function drawTask(random: Random): HoldTask {
  const ttlSeconds = TTL_SECONDS_MIN + random.below(2)
  const beyondMs = STILLNESS_BEYOND_MS[random.below(STILLNESS_BEYOND_MS.length)]!
  return {
    contest: random.below(CONTESTS),
    ttlSeconds,
    patienceMs: PATIENCES_MS[random.below(PATIENCES_MS.length)]!,
    writes: 1 + random.below(3),
    pauseMs: PAUSES_MS[random.below(PAUSES_MS.length)]!,
    stillBehind: PLACES_OF_STILLNESS[random.below(PLACES_OF_STILLNESS.length)]!,
    stillMs: ttlSeconds * 1_000 + beyondMs,
    heeds: random.chance(1, 2),
    end: ENDS[random.below(ENDS.length)]!,
  }
}

class Holders {
  readonly #stage: Stage
  readonly #timeoutMs: number
  readonly #answers: LockAnswer[] = []
  #writes = 0

  constructor(stage: Stage, timeoutMs: number) {
    this.#stage = stage
    this.#timeoutMs = timeoutMs
  }

  problems(): readonly string[] {
    const history = { effects: effectsOf(this.#stage.committed()), answers: this.#answers }
    return checkFencing(history).map(({ name, sentence }) => `fencing: ${name}: ${sentence}`)
  }

  async perform(client: RecordedClient, task: HoldTask): Promise<void> {
    let sent = 0
    client.onSent = () => {
      if (++sent === task.stillBehind && !this.#stage.isPressed()) client.standStill(task.stillMs)
    }
    try {
      await this.#hold(client, task)
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.#stage.failed(error)
    } finally {
      client.onSent = undefined
    }
  }

  /** Under a lease of the recipe's, or of its own, which it ends as it likes. */
  async #hold(client: RecordedClient, task: HoldTask): Promise<void> {
    const { ttlSeconds, end } = task
    if (end === 'release') {
      const holding = await this.#take(client, task, { ttlSeconds })
      if (holding === undefined) return
      await this.#write(client, task, holding)
      return holding.release()
    }
    const lease = await client.unrecorded.lease(ttlSeconds)
    try {
      const holding = await this.#take(client, task, { lease })
      if (holding === undefined) return
      await this.#write(client, task, holding)
      if (end === 'leave') await holding.release()
    } finally {
      // As if its process had ended: what it holds is free once the lease is over.
      lease.release()
    }
  }

  /** Undefined if its patience is over. */
  async #take(
    client: RecordedClient,
    { contest, patienceMs }: HoldTask,
    under: HoldOptions,
  ): Promise<Holding | undefined> {
    const calledAt = this.#stage.moment()
    const patience = lostSignal()
    void client.pause(patienceMs).then(() => patience.lose(new PatienceOver()))
    const options = { ...under, signal: patience.signal }
    const name = contestOf(contest)
    try {
      const holding = isElection(contest)
        ? await client.unrecorded.elect(name, 'elected', options)
        : await client.unrecorded.lock(name, options)
      this.#answers.push({
        kind: 'acquired',
        ...this.#answerOf(client, calledAt, contest, holding),
        key: utf8Text(holding.key),
        revision: client.newestRevision,
      })
      return holding
    } catch (error) {
      if (error instanceof PatienceOver) return undefined
      throw error
    }
  }

  async #write(client: RecordedClient, task: HoldTask, holding: Holding): Promise<void> {
    const { contest, writes, pauseMs, heeds } = task
    for (let written = 0; written < writes; written++) {
      await client.pause(pauseMs)
      if (heeds && holding.signal.aborted) return
      if (isElection(contest)) await this.#proclaim(client, contest, holding)
      if (!(await this.#writeGuarded(client, contest, holding))) return
    }
  }

  /** Throws if it holds it no more. */
  async #proclaim(client: RecordedClient, contest: number, holding: Holding): Promise<void> {
    const calledAt = this.#stage.moment()
    const write = this.#nextWrite()
    await holding.proclaim(`${holding.token} ${write}`)
    this.#answers.push({ kind: 'written', ...this.#answerOf(client, calledAt, contest, holding), write })
  }

  /** False if it holds it no more. */
  async #writeGuarded(client: RecordedClient, contest: number, holding: Holding): Promise<boolean> {
    const calledAt = this.#stage.moment()
    const write = this.#nextWrite()
    const { succeeded } = await client.unrecorded.txn(
      {
        compare: [holding.guard],
        success: [putOf(guardedOf(contest), `${holding.token} ${write}`)],
        failure: [],
      },
      { timeoutMs: this.#timeoutMs },
    )
    const kind = succeeded ? 'written' : 'refused'
    this.#answers.push({ kind, ...this.#answerOf(client, calledAt, contest, holding), write })
    return succeeded
  }

  #nextWrite(): string {
    return `w${++this.#writes}`
  }

  #answerOf({ id: client }: RecordedClient, calledAt: number, contest: number, { token }: Holding) {
    return { client, calledAt, answeredAt: this.#stage.moment(), lock: contestOf(contest), token }
  }
}

class PatienceOver extends Error {}

const HELD = 'held/'
const GUARDED = 'guarded by '

function isElection(contest: number): boolean {
  return contest === CONTESTS - 1
}

function contestOf(contest: number): string {
  return `${HELD}${contest}`
}

function guardedOf(contest: number): string {
  return `${GUARDED}${contestOf(contest)}`
}

/** What came of it, in the order of the log. */
function effectsOf({ changes }: CommittedLog): LockEffect[] {
  const effects: LockEffect[] = []
  for (const { revision, events } of changes) {
    for (const { kind, kv } of events) {
      const key = textOf(kv.key)
      const lock = lockOf(key)
      if (lock === undefined) continue
      if (kind === 'delete') effects.push({ kind: 'left', lock, revision, key })
      else if (!key.startsWith(GUARDED) && kv.createRevision === revision)
        effects.push({ kind: 'entered', lock, revision, key, token: revision })
      else {
        const [token, write = ''] = utf8Text(kv.value).split(' ')
        effects.push({ kind: 'wrote', lock, revision, token: Number(token), write, guard: 'inStore' })
      }
    }
  }
  return effects
}

/** Whose contender has this key, or what guards it. */
function lockOf(key: string): string | undefined {
  if (key.startsWith(GUARDED)) return key.slice(GUARDED.length)
  return key.startsWith(HELD) ? key.slice(0, key.lastIndexOf('/')) : undefined
}
