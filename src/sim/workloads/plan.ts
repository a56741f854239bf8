/**
 * What clients will ask, drawn before the run, as plain data: a plan can be printed, saved, repeated, and shrunk by
 * leaving steps out. What depends on answers (a revision, a guard) is left open here and filled in during the run.
 */

import type { StoreRequest } from '../checkers/history.ts'
import { jsonStoreRequest } from '../checkers/history-codec.ts'
import type { JsonCodec } from '../checkers/json-codec.ts'
import { jsonFlag, jsonList, jsonNumber, jsonRecord, jsonUnion, jsonWord } from '../checkers/json-codec.ts'

/** One request as it is, but for its revision. */
export interface RequestTask {
  readonly request: StoreRequest
  /**
   * Of a compaction, and of a range whose revision is not 0: so many before the newest revision that this client has
   * seen; negative: behind it.
   */
  readonly revisionsBack: number
  /** How often the program asks, if it is not answered. */
  readonly tries: number
}

/** A transaction over lists: reads of some, and appends of one value to some, in one step. */
export interface ListTask {
  readonly reads: readonly number[]
  readonly appends: readonly number[]
  readonly tries: number
}

/** A transfer; or, if the amount is 0, a look at all accounts. */
export interface BankTask {
  readonly from: number
  readonly to: number
  readonly amount: number
  readonly serializable: boolean
  readonly tries: number
}

/** An addition; or, if the amount is 0, a look. */
export interface CounterTask {
  readonly counter: number
  readonly amount: number
  readonly tries: number
}

/** A transaction over registers: reads of some, and writes of values that nobody else writes, in this order. */
export interface RegisterTask {
  readonly operations: readonly RegisterAccess[]
  readonly tries: number
}

export interface RegisterAccess {
  readonly register: number
  readonly isWrite: boolean
}

/** A lock is acquired, from whoever holds it if need be, and what it guards is written under it. */
export interface LockTask {
  readonly lock: number
  /** So often the client looks at one and the same holder before it takes the lock from it. */
  readonly patience: number
  readonly writes: number
  /** Before each write: whoever pauses may have lost the lock meanwhile, and does not know. */
  readonly pauseMs: number
  readonly releases: boolean
}

/** A lock or an election is waited for by the client's recipe, and what it guards is written under it. */
export interface HoldTask {
  readonly contest: number
  readonly ttlSeconds: number
  /** So long it waits for its turn. */
  readonly patienceMs: number
  readonly writes: number
  /** Before each write. */
  readonly pauseMs: number
  /** Right behind its so-manieth request, counted from 1, its process stands still; 0: never. */
  readonly stillBehind: number
  readonly stillMs: number
  /** It writes no more when it is told that it holds it no more. */
  readonly heeds: boolean
  readonly end: HoldEnd
}

/** It lets the next have it: with its lease, or leaving that to end by itself; or it says nothing. */
export type HoldEnd = 'release' | 'leave' | 'vanish'

const HOLD_ENDS: readonly HoldEnd[] = ['release', 'leave', 'vanish']

/** A lease is granted, used and ended. */
export interface LeaseTask {
  readonly ttlSeconds: number
  /** Which are put under it. */
  readonly keys: readonly number[]
  readonly renewals: number
  /** Tenths of its time to live that pass before each renewal. */
  readonly paceTenths: number
  /** Whether it is asked before each renewal what is left of it. */
  readonly looks: boolean
  /** Or it is left to end by itself. */
  readonly revokes: boolean
  /** Its first key is then put without a lease: it outlives the one that it had. */
  readonly detaches: boolean
  /** The client chooses its id, and asks again when nobody knows whether it was granted. */
  readonly isNamed: boolean
}

/** Leases are granted together, and each is renewed once, when it is about to end, or over already. */
export interface LastMomentTask {
  readonly ttlSeconds: number
  /** Of each lease: how much later than its time it is renewed, in milliseconds; negative: sooner. */
  readonly lateMs: readonly number[]
}

/** A store is filled, or room is made in it again. */
export interface RoomTask {
  /** How many values are put, each under a key of its own. */
  readonly puts: number
  readonly valueBytes: number
  /** Afterwards all of them are deleted, and everything is compacted. */
  readonly makesRoom: boolean
  /** Then this member merges its files: counted from 0, and from the last on anew. Below 0: nobody. */
  readonly defragments: number
}

/** The leadership is to move. */
export interface HandoverTask {
  /** To which of the members with whom the cluster began, counted from 0, and from the last on anew. */
  readonly to: number
}

/** A lease that the client keeps alive by itself. */
export interface HeldLeaseTask {
  readonly ttlSeconds: number
  /** Then it is ended, if it was not lost. */
  readonly holdMs: number
}

/** A watch, read for a while. */
export interface WatchTask {
  /** Which of the keys it begins with; below 0: with the first of all. */
  readonly from: number
  /** That key alone, and not all from there on. */
  readonly isSingle: boolean
  /** It begins so many revisions before what is to come; 0: with what comes when it is made. */
  readonly revisionsBack: number
  readonly prevKv: boolean
  readonly noPuts: boolean
  readonly noDeletes: boolean
  readonly progressNotify: boolean
  readonly requiresLeader: boolean
  readonly readMs: number
  /** After each batch: a slow reader. */
  readonly pauseMs: number
}

/** A stream of one member, and the watches that share it. */
export interface WatchStreamTask {
  /** Counted from 0, and from the last on anew. */
  readonly member: number
  readonly watches: readonly SharedWatch[]
  /** The first of them is ended as soon as all were asked for. */
  readonly cancels: boolean
  /** After each response: a slow reader. */
  readonly pauseMs: number
  /** Whether it asks how far all of them are: when they were asked for, and behind each response with events. */
  readonly asksProgress: boolean
}

/** As of a watch that has a stream of its own. */
export type SharedWatch = Pick<WatchTask, 'from' | 'isSingle' | 'revisionsBack' | 'prevKv'>

/** Root gives or takes a right of a guest, and then the guest makes use of it. */
export interface RightsTask {
  readonly guest: number
  readonly key: number
  readonly change: RightsChange
  /** The guest writes the key, or else reads it. */
  readonly writes: boolean
}

export type RightsChange = 'none' | 'give' | 'take' | 'allow' | 'forbid'

const RIGHTS_CHANGES: readonly RightsChange[] = ['none', 'give', 'take', 'allow', 'forbid']

export type Task =
  | { readonly kind: 'kv'; readonly kv: RequestTask }
  | { readonly kind: 'listAppend'; readonly listAppend: ListTask }
  | { readonly kind: 'bank'; readonly bank: BankTask }
  | { readonly kind: 'counters'; readonly counters: CounterTask }
  | { readonly kind: 'registers'; readonly registers: RegisterTask }
  | { readonly kind: 'locks'; readonly locks: LockTask }
  | { readonly kind: 'holders'; readonly holders: HoldTask }
  | { readonly kind: 'leases'; readonly leases: LeaseTask }
  | { readonly kind: 'lastMoments'; readonly lastMoments: LastMomentTask }
  | { readonly kind: 'room'; readonly room: RoomTask }
  | { readonly kind: 'handovers'; readonly handovers: HandoverTask }
  | { readonly kind: 'heldLeases'; readonly heldLeases: HeldLeaseTask }
  | { readonly kind: 'watches'; readonly watches: WatchTask }
  | { readonly kind: 'watchStreams'; readonly watchStreams: WatchStreamTask }
  | { readonly kind: 'rights'; readonly rights: RightsTask }

export type WorkloadName = Task['kind']

export interface PlannedStep {
  /** Counted from 0; a client does its steps in their order. */
  readonly client: number
  /** How long it waits before, in milliseconds. */
  readonly afterMs: number
  readonly task: Task
}

export interface Plan {
  readonly workload: WorkloadName
  /** How long a client waits for an answer. */
  readonly timeoutMs: number
  readonly steps: readonly PlannedStep[]
}

const jsonTask: JsonCodec<Task> = jsonUnion<Task>({
  kv: jsonRecord<RequestTask>({
    request: jsonStoreRequest,
    revisionsBack: jsonNumber,
    tries: jsonNumber,
  }),
  listAppend: jsonRecord<ListTask>({
    reads: jsonList(jsonNumber),
    appends: jsonList(jsonNumber),
    tries: jsonNumber,
  }),
  bank: jsonRecord<BankTask>({
    from: jsonNumber,
    to: jsonNumber,
    amount: jsonNumber,
    serializable: jsonFlag,
    tries: jsonNumber,
  }),
  counters: jsonRecord<CounterTask>({ counter: jsonNumber, amount: jsonNumber, tries: jsonNumber }),
  registers: jsonRecord<RegisterTask>({
    operations: jsonList(jsonRecord<RegisterAccess>({ register: jsonNumber, isWrite: jsonFlag })),
    tries: jsonNumber,
  }),
  locks: jsonRecord<LockTask>({
    lock: jsonNumber,
    patience: jsonNumber,
    writes: jsonNumber,
    pauseMs: jsonNumber,
    releases: jsonFlag,
  }),
  holders: jsonRecord<HoldTask>({
    contest: jsonNumber,
    ttlSeconds: jsonNumber,
    patienceMs: jsonNumber,
    writes: jsonNumber,
    pauseMs: jsonNumber,
    stillBehind: jsonNumber,
    stillMs: jsonNumber,
    heeds: jsonFlag,
    end: jsonWord(HOLD_ENDS),
  }),
  leases: jsonRecord<LeaseTask>({
    ttlSeconds: jsonNumber,
    keys: jsonList(jsonNumber),
    renewals: jsonNumber,
    paceTenths: jsonNumber,
    looks: jsonFlag,
    revokes: jsonFlag,
    detaches: jsonFlag,
    isNamed: jsonFlag,
  }),
  lastMoments: jsonRecord<LastMomentTask>({ ttlSeconds: jsonNumber, lateMs: jsonList(jsonNumber) }),
  room: jsonRecord<RoomTask>({
    puts: jsonNumber,
    valueBytes: jsonNumber,
    makesRoom: jsonFlag,
    defragments: jsonNumber,
  }),
  handovers: jsonRecord<HandoverTask>({ to: jsonNumber }),
  heldLeases: jsonRecord<HeldLeaseTask>({ ttlSeconds: jsonNumber, holdMs: jsonNumber }),
  watches: jsonRecord<WatchTask>({
    from: jsonNumber,
    isSingle: jsonFlag,
    revisionsBack: jsonNumber,
    prevKv: jsonFlag,
    noPuts: jsonFlag,
    noDeletes: jsonFlag,
    progressNotify: jsonFlag,
    requiresLeader: jsonFlag,
    readMs: jsonNumber,
    pauseMs: jsonNumber,
  }),
  watchStreams: jsonRecord<WatchStreamTask>({
    member: jsonNumber,
    watches: jsonList(
      jsonRecord<SharedWatch>({
        from: jsonNumber,
        isSingle: jsonFlag,
        revisionsBack: jsonNumber,
        prevKv: jsonFlag,
      }),
    ),
    cancels: jsonFlag,
    pauseMs: jsonNumber,
    asksProgress: jsonFlag,
  }),
  rights: jsonRecord<RightsTask>({
    guest: jsonNumber,
    key: jsonNumber,
    change: jsonWord(RIGHTS_CHANGES),
    writes: jsonFlag,
  }),
})

/** A step, for scenario files. */
export const jsonStep: JsonCodec<PlannedStep> = jsonRecord<PlannedStep>({
  client: jsonNumber,
  afterMs: jsonNumber,
  task: jsonTask,
})
