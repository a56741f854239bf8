/**
 * One key as `checkLinearizable` understands it: a register with a version. The search is told the revision of
 * every operation that took effect, also of those whose outcome their client never learned; what took no
 * effect, by the chronicle, is left out.
 */
import {
  checkLinearizable,
  type Model,
  type Operation as Step,
} from '../../src/sim/checkers/linearizability.ts'
import { type Action, describeOperation, keysOf, type Operation, type Seen } from './history.ts'

/** A write with a value (null: a delete), or a read with what it saw. */
type Input =
  | { readonly kind: 'write'; readonly value: string | null; readonly guard: number | undefined }
  | { readonly kind: 'read' }

interface Output {
  readonly revision: number
  readonly seen: Seen
}

interface Register {
  readonly seen: Seen
  /** Of the last write, deletes included. */
  readonly changedAt: number
}

const REGISTER: Model<Register, Input, Output> = {
  initial: { seen: null, changedAt: 0 },
  step(register, input, output) {
    if (output === undefined) throw new Error('what has no revision took no effect')
    const { revision, seen } = output
    if (input.kind === 'read') {
      const isHere = revision >= register.changedAt && seen?.modRevision === register.seen?.modRevision
      return isHere && seen?.value === register.seen?.value ? { state: register } : null
    }
    if (revision <= register.changedAt) return null
    if (input.guard !== undefined && input.guard !== (register.seen?.modRevision ?? 0)) return null
    const { value } = input
    return { state: { changedAt: revision, seen: value === null ? null : { value, modRevision: revision } } }
  },
  key: ({ changedAt }) => `${changedAt}`,
}

export function checkKeys(
  operations: readonly Operation[],
  revisions: ReadonlyMap<Operation, number>,
): string[] {
  const byKey = new Map<string, Step<Input, Output>[]>()
  const sources = new Map<Step<Input, Output>, Operation>()
  for (const operation of operations) {
    const step = stepOf(operation, revisions.get(operation))
    if (step === undefined) continue
    sources.set(step, operation)
    for (const key of keysOf(operation.action)) {
      const steps = byKey.get(key)
      if (steps === undefined) byKey.set(key, [step])
      else steps.push(step)
    }
  }
  return [...byKey].flatMap(([key, steps]) => {
    const verdict = checkLinearizable(REGISTER, steps)
    if (verdict.kind === 'linearizable') return []
    if (verdict.kind === 'undecided') return [`whether ${key} is linearizable could not be decided`]
    const stuck = verdict.stuck.map(step => describeOperation(sources.get(step)!))
    return [`${key} is not linearizable: none of these can come next\n  ${stuck.join('\n  ')}`]
  })
}

function stepOf(operation: Operation, effectAt: number | undefined): Step<Input, Output> | undefined {
  const { client, action, calledAt, returnedAt, answer } = operation
  if (action.kind === 'get' && action.serializable) return undefined
  const revision = answer?.revision ?? effectAt
  if (revision === undefined) return undefined
  return {
    client,
    input: (answer?.wrote ?? true) ? writeOf(action) : { kind: 'read' },
    output: { revision, seen: answer?.seen ?? null },
    calledAt,
    ...(returnedAt === undefined ? {} : { returnedAt }),
  }
}

function writeOf(action: Action): Input {
  const guard = action.kind === 'guarded' ? action.modRevision : undefined
  return { kind: 'write', value: 'value' in action ? action.value : null, guard }
}
