/** A client of a scenario. Everything that it asks, and every answer, goes to the history that is judged in the end. */
import type { WatchOptions } from '../../client/watch.ts'
import { EMPTY } from '../../core/bytes.ts'
import { addMs } from '../../core/time.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { PUT_DEFAULTS } from '../../wire/etcd/put.ts'
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import { revisionOf, type StoreOutcome, type StoreRequest, type StoreResponse } from '../checkers/history.ts'
import { RecordedClient } from '../workloads/recorded-client.ts'
import type { Director } from './director.ts'
import { ANSWER_MS_MAX, ASK_AGAIN_MS, WAIT_MS_MAX } from './limits.ts'
import { ScenarioWatch } from './scenario-watch.ts'

/** What became of one attempt, as far as the client knows. */
export type Outcome = StoreOutcome['kind']

/** That many puts are shared out to. */
const KEYS = 7

/** What one attempt to read found; nothing if it was not answered, or if there is no such key. */
export interface Reading {
  readonly outcome: Outcome
  readonly value: string | undefined
}

export class ScenarioClient {
  readonly #director: Director
  readonly #members: readonly string[]
  readonly #client: RecordedClient

  /** @param members those that it knows. */
  constructor(director: Director, members: readonly string[], answerMsMax: number = ANSWER_MS_MAX) {
    this.#director = director
    this.#members = members
    this.#client = new RecordedClient(director.trial.stage, answerMsMax, { members })
  }

  /** Another one, that knows the same and waits no longer than this for one answer. */
  hasty(answerMsMax: number): ScenarioClient {
    return new ScenarioClient(this.#director, this.#members, answerMsMax)
  }

  /** Writes, however often it must ask. */
  async put(key: string, value: string): Promise<void> {
    await this.#insist(`put ${key} = ${brief(value)}`, put(key, value))
  }

  /** Writes so often, to a few keys in turn, values of about so many characters. */
  async putMany(times: number, characters = 200): Promise<void> {
    for (let i = 0; i < times; i++) {
      await this.#insist(undefined, put(`key ${i % KEYS}`, `${i} `.padEnd(characters, '.')))
    }
    this.#director.step(`client ${this.#client.id}: ${times} times put: done`)
  }

  /** Deletes, however often it must ask; at which revision. */
  async delete(key: string): Promise<number> {
    const deleteRange = { key: utf8Bytes(key), rangeEnd: EMPTY, prevKv: false }
    return revisionOf(await this.#insist(`delete ${key}`, { kind: 'deleteRange', deleteRange }))
  }

  /** Forgets what was before this revision. */
  async compact(revision: number): Promise<void> {
    await this.#insist(`compact ${revision}`, { kind: 'compact', compact: { revision, physical: true } })
  }

  /** Is told of everything from this revision on. */
  watch(startRevision: number, options: Pick<WatchOptions, 'requiresLeader'> = {}): ScenarioWatch {
    this.#director.step(`client ${this.#client.id}: watches from ${startRevision} on`)
    return new ScenarioWatch(this.#director, this.#client, { ...options, startRevision })
  }

  /** Writes, once. */
  async tryPut(key: string, value: string): Promise<Outcome> {
    const { kind } = await this.#attempt(`put ${key} = ${brief(value)}`, put(key, value))
    return kind
  }

  /** Reads what is true at some moment between the question and the answer, however often it must ask. */
  async get(key: string): Promise<string | undefined> {
    return valueIn(await this.#insist(`get ${key}`, get(key, false)))
  }

  /** Reads, once. */
  tryGet(key: string): Promise<Reading> {
    return this.#read(`get ${key}`, get(key, false))
  }

  /** Reads what whoever is asked has, possibly old; once. */
  tryGetLocally(key: string): Promise<Reading> {
    return this.#read(`get ${key} locally`, get(key, true))
  }

  async #read(what: string, request: StoreRequest): Promise<Reading> {
    const answer = await this.#attempt(what, request)
    return { outcome: answer.kind, value: answer.kind === 'done' ? valueIn(answer.response) : undefined }
  }

  /** One attempt; only the answer is a step of the story, and not even that if it has no name. */
  async #attempt(what: string | undefined, request: StoreRequest): Promise<StoreOutcome> {
    const answer = await this.#client.ask(request)
    if (what === undefined) return answer
    const isFound = answer.kind === 'done' && answer.response.kind === 'range'
    const end = isFound ? brief(valueIn(answer.response) ?? 'nothing') : answer.kind
    this.#director.step(`client ${this.#client.id}: ${what}: ${end}`)
    return answer
  }

  async #insist(what: string | undefined, request: StoreRequest): Promise<StoreResponse> {
    const { cluster } = this.#director.trial
    const end = addMs(cluster.now(), WAIT_MS_MAX)
    for (;;) {
      const answer = await this.#attempt(what, request)
      if (answer.kind === 'done') return answer.response
      if (cluster.now() >= end) {
        return this.#director.fail('liveness', `client ${this.#client.id} was not answered: ${what ?? 'put'}`)
      }
      await this.#client.pause(ASK_AGAIN_MS)
    }
  }
}

function put(key: string, value: string): StoreRequest {
  return { kind: 'put', put: { ...PUT_DEFAULTS, key: utf8Bytes(key), value: utf8Bytes(value) } }
}

function get(key: string, serializable: boolean): StoreRequest {
  return { kind: 'range', range: { ...RANGE_DEFAULTS, key: utf8Bytes(key), serializable } }
}

/** What a read of one key found. */
function valueIn(response: StoreResponse): string | undefined {
  const pair = response.kind === 'range' ? response.range.kvs[0] : undefined
  return pair && utf8Text(pair.value)
}

/** Long values are as long as they are for their length alone. */
function brief(value: string): string {
  return value.length <= 20 ? value : `${value.slice(0, 8)}... (${value.length} characters)`
}
