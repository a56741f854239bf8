/**
 * What users may do, while root gives and takes it: whoever asks after a right was taken, and that was acknowledged, is
 * not served; whoever asks after it was given is. What overlaps may come out either way, but for all alike: the rights
 * of one user are one register, and who asks reads it (`linearizability.ts`).
 *
 * A user has one role, which gives it the keys that the role allows. While authentication is off everybody has all.
 */
import { checkLinearizable, type Model, type Operation } from './linearizability.ts'
import type { Violation } from './violation.ts'

export type RightsAct =
  /** Authentication goes on, and stays on. */
  | { readonly kind: 'enable' }
  /** The role to the user, and from it. */
  | { readonly kind: 'give' }
  | { readonly kind: 'take' }
  /** A key to the role, and from it. */
  | { readonly kind: 'allow'; readonly key: number }
  | { readonly kind: 'forbid'; readonly key: number }
  /** The user reads or writes a key. */
  | { readonly kind: 'use'; readonly key: number }

export interface RightsOperation {
  readonly client: number
  /** Whose rights it is about; of `enable` everybody's. */
  readonly user: string
  readonly act: RightsAct
  readonly calledAt: number
  /** Absent if nobody knows what became of it. */
  readonly returnedAt?: number
  /** `denied`: the user may not; or there was nothing to take. Means nothing without a return. */
  readonly outcome: 'done' | 'denied'
}

export type RightsViolation = Violation<'rights', RightsOperation>

/** @param configurationsMax how much work the search may be, for each user. */
export function checkRights(
  history: readonly RightsOperation[],
  configurationsMax: number,
): RightsViolation[] {
  const users = new Set(history.filter(({ act }) => act.kind !== 'enable').map(({ user }) => user))
  return [...users].flatMap(user => {
    const own = history.filter(operation => operation.user === user || operation.act.kind === 'enable')
    const verdict = checkLinearizable(RIGHTS, own.filter(isOfUse).map(asRead), configurationsMax)
    if (verdict.kind !== 'notLinearizable') return []
    const events = verdict.stuck.map(({ input }) => input)
    const sentence = `of ${user} none of these can be right: ${events.map(describe).join('; ')}`
    return [{ name: 'rights', sentence, events }]
  })
}

interface Rights {
  readonly isEnabled: boolean
  readonly hasRole: boolean
  /** A bit for each key that the role allows. */
  readonly keys: number
}

const RIGHTS: Model<Rights, RightsOperation, RightsOperation['outcome']> = {
  initial: { isEnabled: false, hasRole: false, keys: 0 },
  step(state, { act }, outcome) {
    const next = after(state, act)
    const expected = next === undefined ? 'denied' : 'done'
    if (outcome !== undefined && outcome !== expected) return null
    return { state: next ?? state }
  },
  key: ({ isEnabled, hasRole, keys }) => `${Number(isEnabled)}${Number(hasRole)}${keys}`,
}

/** Undefined if it is denied. */
function after(state: Rights, act: RightsAct): Rights | undefined {
  switch (act.kind) {
    case 'enable':
      return { ...state, isEnabled: true }
    case 'give':
      return { ...state, hasRole: true }
    case 'take':
      return state.hasRole ? { ...state, hasRole: false } : undefined
    case 'allow':
      return { ...state, keys: state.keys | (1 << act.key) }
    case 'forbid':
      return allows(state, act.key) ? { ...state, keys: state.keys & ~(1 << act.key) } : undefined
    case 'use':
      return !state.isEnabled || (state.hasRole && allows(state, act.key)) ? state : undefined
  }
}

function allows({ keys }: Rights, key: number): boolean {
  return (keys & (1 << key)) !== 0
}

/** Who was not answered has read nothing. */
function isOfUse({ act, returnedAt }: RightsOperation): boolean {
  return act.kind !== 'use' || returnedAt !== undefined
}

function asRead(operation: RightsOperation): Operation<RightsOperation, RightsOperation['outcome']> {
  const { client, calledAt, returnedAt, outcome } = operation
  const call = { client, input: operation, calledAt }
  return returnedAt === undefined ? call : { ...call, returnedAt, output: outcome }
}

function describe({ user, act, calledAt, returnedAt, outcome }: RightsOperation): string {
  const what = 'key' in act ? `${act.kind} ${act.key}` : act.kind
  const became = returnedAt === undefined ? 'unknown' : `${outcome} by ${returnedAt}`
  return `${what} for ${user}, called at ${calledAt}, ${became}`
}
