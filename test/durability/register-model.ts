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

type Input =
  | {
      readonly kind: 'write'
      /** Null: a delete. */
      readonly value: string | null
      readonly guard: number | undefined
      /**
       * The revision of the key's write before this one. Without it the search would try every order of writes
       * whose clients gave up, and with many of them never end.
       */
      readonly after: number
    }
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

/** Far beyond what a history needs, and far below what memory holds. */
const CONFIGURATIONS_MAX = 500_000

const REGISTER: Model<Register, Input, Output> = {
  initial: { seen: null, changedAt: 0 },
  step(register, input, output) {
    if (output === undefined) throw new Error('what has no revision took no effect')
    const { revision, seen } = output
    if (input.kind === 'read') {
      const isHere = revision >= register.changedAt && seen?.modRevision === register.seen?.modRevision
      return isHere && seen?.value === register.seen?.value ? { state: register } : null
    }
    if (revision <= register.changedAt || input.after !== register.changedAt) return null
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
  const byKey = new Map<string, Operation[]>()
  for (const operation of operations) {
    const { action, answer } = operation
    if (action.kind === 'get' && action.serializable) continue
    if (answer === undefined && !revisions.has(operation)) continue
    for (const key of keysOf(action)) {
      const ofKey = byKey.get(key)
      if (ofKey === undefined) byKey.set(key, [operation])
      else ofKey.push(operation)
    }
  }
  return [...byKey].flatMap(([key, ofKey]) => {
    const revisionOf = (operation: Operation): number =>
      operation.answer?.revision ?? revisions.get(operation)!
    const steps = stepsOf(ofKey, revisionOf)
    const verdict = checkLinearizable(REGISTER, steps, CONFIGURATIONS_MAX)
    if (verdict.kind === 'linearizable') return []
    if (verdict.kind === 'undecided') return [`whether ${key} is linearizable could not be decided`]
    const stuck = verdict.stuck.map(step => describeOperation(ofKey[steps.indexOf(step)]!))
    return [`${key} is not linearizable: none of these can come next\n  ${stuck.join('\n  ')}`]
  })
}

function stepsOf(
  operations: readonly Operation[],
  revisionOf: (operation: Operation) => number,
): Step<Input, Output>[] {
  const written = operations
    .filter(wrote)
    .map(revisionOf)
    .sort((a, b) => a - b)
  const before = new Map(written.map((revision, i) => [revision, written[i - 1] ?? 0]))
  return operations.map(operation => {
    const { client, action, calledAt, returnedAt, answer } = operation
    const revision = revisionOf(operation)
    return {
      client,
      input: wrote(operation) ? writeOf(action, before.get(revision)!) : { kind: 'read' },
      output: { revision, seen: answer?.seen ?? null },
      calledAt,
      ...(returnedAt === undefined ? {} : { returnedAt }),
    }
  })
}

/** An unknown operation that is here took effect. */
function wrote({ answer }: Operation): boolean {
  return answer?.wrote ?? true
}

function writeOf(action: Action, after: number): Input {
  const guard = action.kind === 'guarded' ? action.modRevision : undefined
  return { kind: 'write', value: 'value' in action ? action.value : null, guard, after }
}
