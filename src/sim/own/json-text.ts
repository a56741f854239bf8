/** JSON as text, and nothing that JSON would quietly change or leave out. */
import { QuorateError } from '../../core/errors.ts'
import type { Json } from '../checkers/json-codec.ts'
import { MachineErrors } from './errors.ts'

/**
 * Throws `QUORATE_MACHINE_VALUE`, which names the place.
 *
 * @param what it is, for the error: `a result`
 */
export function jsonText(value: unknown, what: string): string {
  checkJson(value, what, new Set())
  return JSON.stringify(value)
}

/** Whether two texts say the same, in whatever order they name fields. */
export function isSameJson(one: string, other: string): boolean {
  return one === other || ordered(JSON.parse(one)) === ordered(JSON.parse(other))
}

function ordered(value: Json): string {
  return JSON.stringify(value, (_, each: Json) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** A key of a state: text that UTF-8 can write. Throws `QUORATE_MACHINE_VALUE`. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== 'string') throw refused(`a key is no text: ${String(key)}`)
  if (/\p{Surrogate}/u.test(key)) throw refused(`a key has half a character: ${JSON.stringify(key)}`)
}

function checkJson(value: unknown, path: string, around: Set<object>): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return
      throw refused(`${path} is ${Object.is(value, -0) ? '-0' : value}, which JSON cannot say`)
    case 'object':
      if (value !== null) checkObject(value, path, around)
      return
    default:
      throw refused(`${path} is ${describe(value)}, which JSON cannot say`)
  }
}

function checkObject(value: object, path: string, around: Set<object>): void {
  if (around.has(value)) throw refused(`${path} contains itself`)
  around.add(value)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${path}[${i}]`, around)
  } else {
    const prototype: unknown = Object.getPrototypeOf(value)
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
    if (!isPlain || 'toJSON' in value) throw refused(`${path} is ${describe(value)}, not a plain object`)
    for (const [name, each] of Object.entries(value)) checkJson(each, `${path}.${name}`, around)
  }
  around.delete(value)
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  return `a ${value.constructor?.name ?? 'strange object'}`
}

function refused(message: string): QuorateError {
  return new QuorateError(MachineErrors.value, message, 'refused', {
    hint: 'keep to null, booleans, finite numbers, text, arrays and plain objects; leave out what is undefined',
  })
}
