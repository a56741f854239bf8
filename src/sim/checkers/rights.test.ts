import { describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { checkRights, type RightsAct, type RightsOperation } from './rights.ts'

const SEARCH_MAX = 100_000

/** One after the other: each is called when the one before has returned. */
function inTurn(...steps: readonly (readonly [RightsAct, RightsOperation['outcome'] | 'unknown'])[]) {
  return steps.map(([act, outcome], i): RightsOperation => {
    const operation = { client: 1, user: 'guest', act, calledAt: 2 * i }
    return outcome === 'unknown'
      ? { ...operation, outcome: 'denied' }
      : { ...operation, outcome, returnedAt: 2 * i + 1 }
  })
}

const ENABLE = { kind: 'enable' } as const
const GIVE = { kind: 'give' } as const
const TAKE = { kind: 'take' } as const
const ALLOW = { kind: 'allow', key: 0 } as const
const FORBID = { kind: 'forbid', key: 0 } as const
const USE = { kind: 'use', key: 0 } as const

function isRight(history: readonly RightsOperation[]): boolean {
  return checkRights(history, SEARCH_MAX).length === 0
}

describe('while nothing overlaps', () => {
  test('everybody may do everything until authentication is on', () => {
    expect(isRight(inTurn([USE, 'done'], [ENABLE, 'done'], [USE, 'denied']))).toBe(true)
    expect(isRight(inTurn([USE, 'denied']))).toBe(false)
    expect(isRight(inTurn([ENABLE, 'done'], [USE, 'done']))).toBe(false)
  })

  test('a user may what its role allows, as long as it has the role', () => {
    const given = [
      [ENABLE, 'done'],
      [GIVE, 'done'],
      [ALLOW, 'done'],
    ] as const
    expect(isRight(inTurn(...given, [USE, 'done']))).toBe(true)
    expect(isRight(inTurn(...given, [USE, 'denied']))).toBe(false)
    expect(isRight(inTurn(...given, [FORBID, 'done'], [USE, 'done']))).toBe(false)
    expect(isRight(inTurn(...given, [TAKE, 'done'], [USE, 'done']))).toBe(false)
    expect(isRight(inTurn(...given, [TAKE, 'done'], [USE, 'denied'], [GIVE, 'done'], [USE, 'done']))).toBe(
      true,
    )
    expect(isRight(inTurn(...given, [{ kind: 'use', key: 1 }, 'done']))).toBe(false)
  })

  test('only what is there is taken', () => {
    expect(isRight(inTurn([TAKE, 'denied'], [FORBID, 'denied']))).toBe(true)
    expect(isRight(inTurn([TAKE, 'done']))).toBe(false)
    expect(isRight(inTurn([ALLOW, 'done'], [FORBID, 'denied']))).toBe(false)
  })

  test('what nobody knows the outcome of may be done at any time, and not before', () => {
    const begun = [
      [ENABLE, 'done'],
      [GIVE, 'done'],
    ] as const
    expect(isRight(inTurn(...begun, [ALLOW, 'unknown'], [USE, 'denied'], [USE, 'done']))).toBe(true)
    expect(isRight(inTurn(...begun, [ALLOW, 'unknown'], [USE, 'done'], [USE, 'denied']))).toBe(false)
    expect(isRight(inTurn(...begun, [USE, 'done'], [ALLOW, 'unknown']))).toBe(false)
    expect(isRight(inTurn(...begun, [USE, 'unknown']))).toBe(true)
  })

  test('what one user may is nothing to another', () => {
    const [enable, give, allow, use] = inTurn(
      [ENABLE, 'done'],
      [GIVE, 'done'],
      [ALLOW, 'done'],
      [USE, 'done'],
    )
    expect(isRight([enable!, give!, allow!, { ...use!, user: 'stranger' }])).toBe(false)
  })
})

test('who asks while a right is taken is served or not, but not again once somebody else was denied', () => {
  const given = inTurn([ENABLE, 'done'], [GIVE, 'done'], [ALLOW, 'done'])
  const taking: RightsOperation = {
    ...{ client: 1, user: 'guest', act: FORBID, outcome: 'done' },
    calledAt: 10,
    returnedAt: 50,
  }
  const used = (calledAt: number, outcome: RightsOperation['outcome']): RightsOperation => ({
    ...{ client: 2, user: 'guest', act: USE, outcome },
    calledAt,
    returnedAt: calledAt + 5,
  })
  expect(isRight([...given, taking, used(20, 'done'), used(30, 'denied')])).toBe(true)
  expect(isRight([...given, taking, used(20, 'denied'), used(30, 'done')])).toBe(false)
})

const OUTCOMES = { done: 'denied', denied: 'done' } as const

test('a history of a store that is right is wrong once one answer is turned round', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomFromSeed(seed)
    const acts = [USE, USE, GIVE, TAKE, ALLOW, FORBID]
    const held = { isOn: false, hasRole: false, allows: false }
    const history = inTurn(
      ...Array.from({ length: 30 }, (_, i): [RightsAct, RightsOperation['outcome']] => {
        const act = i === 5 ? ENABLE : acts[random.below(acts.length)]!
        return [act, ideal(held, act)]
      }),
    )
    expect(isRight(history)).toBe(true)
    const uses = history.flatMap(({ act }, at) => (act.kind === 'use' ? [at] : []))
    const at = uses[random.below(uses.length)]!
    const turned = history.map((each, i) => (i === at ? { ...each, outcome: OUTCOMES[each.outcome] } : each))
    expect({ seed, isRight: isRight(turned) }).toEqual({ seed, isRight: false })
  }
})

interface Held {
  isOn: boolean
  hasRole: boolean
  allows: boolean
}

/** The store, once more and otherwise. */
function ideal(held: Held, { kind }: RightsAct): RightsOperation['outcome'] {
  const before = { ...held }
  if (kind === 'enable') held.isOn = true
  if (kind === 'give' || kind === 'take') held.hasRole = kind === 'give'
  if (kind === 'allow' || kind === 'forbid') held.allows = kind === 'allow'
  if (kind === 'take') return before.hasRole ? 'done' : 'denied'
  if (kind === 'forbid') return before.allows ? 'done' : 'denied'
  if (kind === 'use') return !before.isOn || (before.hasRole && before.allows) ? 'done' : 'denied'
  return 'done'
}
