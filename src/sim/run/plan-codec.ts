/** The parts of a plan of a run as JSON, and back, with the place of whatever does not fit. */
import { DecodeError } from '../../core/bytes.ts'
import { BUGS, type BugName } from '../../core/seams.ts'
import { PROTOCOL_NAMES, type ProtocolName } from '../../protocols/protocols.ts'
import {
  type Json,
  type JsonCodec,
  jsonFlag,
  jsonList,
  jsonNumber,
  jsonOptional,
  jsonRecord,
  jsonWord,
} from '../checkers/json-codec.ts'
import { DYING_OPERATIONS, type Fault, MISTAKES, NEWCOMERS, type ScheduledFault } from '../faults/fault.ts'
import { FAULT_CLASS_IDS } from '../faults/fault-classes.ts'
import type { Swarm } from '../faults/swarm.ts'
import { jsonStep, type Plan, WORKLOADS, type WorkloadName } from '../workloads/index.ts'
import type { RunPlan } from './run-plan.ts'

const jsonName: JsonCodec<string> = {
  encode: name => name,
  decode(json, path) {
    if (typeof json === 'string' && json !== '') return json
    throw new DecodeError(`${path} is not a name`)
  },
}

const names = jsonList(jsonName)
const part = jsonWord(['log', 'tables', 'manifest', 'any'])
const faulty = jsonWord(['read', 'write', 'sync', 'syncDirectory'])
const link = { from: jsonName, to: jsonName }
const pair = { a: jsonName, b: jsonName }
const member = { member: jsonName }
const place = { member: jsonName, part, file: jsonNumber, at: jsonNumber }
const groups = { groups: jsonList(names), isOneWay: jsonOptional(jsonFlag) }

const jsonQuality = jsonRecord<Swarm['network']['quality']>({
  delay: jsonRecord({ minimumUs: jsonNumber, meanUs: jsonNumber }),
  bytesPerMs: jsonNumber,
})
const jsonStreamFaults = jsonRecord<Swarm['network']['faults']>({
  lossPerMillion: jsonNumber,
  corruptPerMillion: jsonNumber,
  resetPerMillion: jsonNumber,
  splitPerMillion: jsonNumber,
})

/** What each kind of fault has besides its kind. */
const FAULT_FIELDS: Readonly<Record<Fault['kind'], Readonly<Record<string, unknown>>>> = {
  kill: member,
  losePower: member,
  start: member,
  pause: member,
  resume: member,
  stop: member,
  install: { member: jsonName, version: jsonNumber },
  startWrongly: { member: jsonName, as: jsonName, mistake: jsonWord(MISTAKES) },
  losePowerTogether: { members: names },
  dieAt: {
    member: jsonName,
    operation: jsonWord(DYING_OPERATIONS),
    part,
    when: jsonWord(['before', 'after']),
    how: jsonWord(['kill', 'losePower']),
  },
  cut: link,
  heal: link,
  partition: groups,
  join: groups,
  healAll: {},
  clog: { ...link, delayUs: jsonNumber },
  narrow: { ...link, packets: jsonNumber },
  reset: pair,
  hush: pair,
  strand: { to: jsonName, breaksUs: jsonNumber, arrivesUs: jsonNumber },
  links: { quality: jsonQuality, faults: jsonStreamFaults },
  drift: { member: jsonName, drift: jsonRecord({ numerator: jsonNumber, denominator: jsonNumber }) },
  stepWall: { member: jsonName, ms: jsonNumber },
  slowDisk: { member: jsonName, extraUs: jsonNumber },
  fillDisk: { member: jsonName, freeBytes: jsonNumber },
  failDisk: { member: jsonName, operation: faulty, part },
  rot: place,
  cutFile: place,
  loseWrite: { member: jsonName, part },
  misdirectWrite: { member: jsonName, part },
  misdirectRead: { member: jsonName, part },
  loseDisk: member,
  addMember: { member: jsonName, as: jsonWord(NEWCOMERS) },
  removeMember: member,
  moveMember: member,
}

const FAULT_KINDS = Object.keys(FAULT_FIELDS) as Fault['kind'][]
const FAULT_CODECS = new Map(
  FAULT_KINDS.map(kind => [
    kind,
    jsonRecord(FAULT_FIELDS[kind] as Readonly<Record<string, JsonCodec<unknown>>>),
  ]),
)
const jsonFaultKind = jsonWord(FAULT_KINDS)

const jsonFault: JsonCodec<Fault> = {
  encode({ kind, ...fields }) {
    return { kind, ...(FAULT_CODECS.get(kind)!.encode(fields) as object | undefined) }
  },
  decode(json, path) {
    const { kind: found, ...fields } = isObject(json) ? json : { kind: json }
    const kind = jsonFaultKind.decode(found, `${path}.kind`)
    const decoded = FAULT_CODECS.get(kind)!.decode(fields, path)
    return { kind, ...present(decoded) } as Fault
  },
}

const jsonScheduled: JsonCodec<ScheduledFault> = optionally(
  jsonRecord<Required<ScheduledFault>>({
    atMs: jsonNumber,
    fault: jsonFault,
    faultClass: jsonOptional(jsonWord(FAULT_CLASS_IDS)) as JsonCodec<
      NonNullable<ScheduledFault['faultClass']>
    >,
  }),
)

/** Numbers by name, whatever the names: limits, whose names are the product's. */
const jsonNumbers: JsonCodec<Readonly<Record<string, number>>> = {
  encode: values => values,
  decode(json, path) {
    const from = json ?? {}
    if (!isObject(from)) throw new DecodeError(`${path} is not an object`)
    for (const [name, value] of Object.entries(from)) {
      if (typeof value !== 'number') throw new DecodeError(`${path}.${name} is not a number`)
    }
    return from as Readonly<Record<string, number>>
  },
}

const jsonSwarm: JsonCodec<Swarm> = jsonRecord<Swarm>({
  members: names,
  spares: names,
  older: names,
  isLax: jsonFlag,
  fragile: names,
  active: jsonList(jsonRecord({ id: jsonWord(FAULT_CLASS_IDS), everyMs: jsonNumber })),
  network: jsonRecord({ quality: jsonQuality, faults: jsonStreamFaults }),
  config: jsonNumbers as JsonCodec<Swarm['config']>,
  tuning: optionally(
    jsonRecord({
      logLimits: jsonNumbers,
      storeLimits: jsonNumbers,
      groupLimits: jsonOptional(jsonNumbers) as JsonCodec<Readonly<Record<string, number>>>,
    }),
  ) as unknown as JsonCodec<Swarm['tuning']>,
})

const jsonPlan: JsonCodec<Plan> = jsonRecord<Plan>({
  workload: jsonWord(Object.keys(WORKLOADS) as WorkloadName[]),
  timeoutMs: jsonNumber,
  steps: jsonList(jsonStep),
})

/** A whole plan. */
export const jsonRunPlan: JsonCodec<RunPlan> = optionally(
  jsonRecord<RunPlan>({
    seed: jsonNumber,
    bug: jsonOptional(jsonWord(BUGS)) as JsonCodec<BugName>,
    consensus: jsonOptional(jsonWord(PROTOCOL_NAMES)) as JsonCodec<ProtocolName>,
    swarm: jsonSwarm,
    schedule: jsonList(jsonScheduled),
    workloads: jsonList(jsonPlan),
    lyingDisks: names,
  }),
)

/** What is undefined is absent. */
function optionally<T extends object>(codec: JsonCodec<T>): JsonCodec<T> {
  return { encode: codec.encode, decode: (json, path) => present(codec.decode(json, path)) }
}

function present<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}

function isObject(json: Json | undefined): json is { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
