/**
 * What a machine must not ask while it carries a command out: the time, luck, the platform. Members would be told
 * different things, and the simulator the same thing, mostly; so the first question is refused. Who took such a
 * function before (`import { randomUUID } from 'node:crypto'`) is found out only by what follows from it.
 */
import { QuorateError } from '../../core/errors.ts'
import { MachineErrors } from './errors.ts'

/** Calls `run` with all of that out of reach. Throws what it throws, and `QUORATE_MACHINE_IMPURE`. */
export function withoutAmbient<T>(run: () => T): T {
  // As they are now: a test may have put something else in their place.
  const originals = GUARDS.map(({ object, name }) => Object.getOwnPropertyDescriptor(object, name))
  for (const [i, { object, name, forbidden }] of GUARDS.entries()) {
    if (originals[i]?.configurable === true) Object.defineProperty(object, name, forbidden)
  }
  try {
    return run()
  } finally {
    for (const [i, { object, name }] of GUARDS.entries()) {
      const original = originals[i]
      if (original?.configurable === true) Object.defineProperty(object, name, original)
    }
  }
}

interface Guard {
  readonly object: object
  readonly name: string
  readonly forbidden: PropertyDescriptor
}

const NAMES = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'crypto',
  'fetch',
] as const

/** `Date` comes last, so that what is hidden of it is hidden before it is. */
const GUARDS: readonly Guard[] = [
  ...NAMES.map(name => ({
    object: globalThis,
    name,
    forbidden: { get: () => refuse(name), configurable: true },
  })),
  { object: globalThis.Math, name: 'random', forbidden: forbiddenValue(() => refuse('Math.random')) },
  { object: globalThis.Date, name: 'now', forbidden: forbiddenValue(() => refuse('Date.now')) },
  { object: globalThis, name: 'Date', forbidden: forbiddenValue(timelessDate()) },
]

function forbiddenValue(value: unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true }
}

/** Makes dates of what it is given, as ever; without anything it would be now. */
function timelessDate(): DateConstructor {
  return new Proxy(globalThis.Date, {
    construct: (target, args) => (args.length === 0 ? refuse('new Date()') : Reflect.construct(target, args)),
    apply: () => refuse('Date()'),
  })
}

function refuse(what: string): never {
  throw new QuorateError(MachineErrors.impure, `a machine asked for ${what}`, 'refused', {
    hint: 'let the client put what differs from call to call (an instant, an id, a draw) into the command',
  })
}
