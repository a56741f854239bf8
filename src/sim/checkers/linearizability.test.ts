import { describe, expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { checkLinearizable, type Model, type Operation } from './linearizability.ts'

type Input = { readonly write: number } | 'read'
type Output = number | 'ok'

const register: Model<number, Input, Output> = {
  initial: 0,
  step: (state, input, output) => {
    if (input !== 'read') return { state: input.write }
    return output === undefined || output === state ? { state } : null
  },
  key: state => String(state),
}

const write = (
  client: number,
  value: number,
  calledAt: number,
  returnedAt?: number,
): Operation<Input, Output> =>
  returnedAt === undefined
    ? { client, input: { write: value }, calledAt }
    : { client, input: { write: value }, output: 'ok', calledAt, returnedAt }

const read = (
  client: number,
  value: number,
  calledAt: number,
  returnedAt: number,
): Operation<Input, Output> => ({
  client,
  input: 'read',
  output: value,
  calledAt,
  returnedAt,
})

/** A history as a real register would give it: every operation takes effect at one moment inside it. */
function goodHistory(seed: number, length: number): Operation<Input, Output>[] {
  const random = randomFromSeed(seed)
  const effects: { at: number; calledAt: number; returnedAt: number; client: number; input: Input }[] = []
  const clientFreeAt = [0, 0, 0, 0]
  for (let i = 0; i < length; i++) {
    const client = random.below(clientFreeAt.length)
    const calledAt = clientFreeAt[client]! + 1 + random.below(20)
    const at = calledAt + 1 + random.below(20)
    const returnedAt = at + 1 + random.below(20)
    clientFreeAt[client] = returnedAt
    effects.push({ at, calledAt, returnedAt, client, input: random.chance(1, 2) ? 'read' : { write: i + 1 } })
  }
  effects.sort((a, b) => a.at - b.at)
  let value = 0
  return effects.map(({ client, input, calledAt, returnedAt }) => {
    if (input === 'read') return read(client, value, calledAt, returnedAt)
    value = input.write
    return random.chance(1, 10) ? write(client, value, calledAt) : write(client, value, calledAt, returnedAt)
  })
}

describe('the linearizability checker', () => {
  test('accepts what a real register does, unknown outcomes included', () => {
    for (let seed = 1; seed <= 200; seed++) {
      expect(checkLinearizable(register, goodHistory(seed, 60)).kind, `seed ${seed}`).toBe('linearizable')
    }
  })

  test('rejects a stale read', () => {
    const verdict = checkLinearizable(register, [write(1, 7, 0, 10), read(2, 0, 20, 30)])
    expect(verdict).toMatchObject({ kind: 'notLinearizable', stuck: [{ client: 2 }] })
  })

  test('rejects reads that go back in time', () => {
    const history = [write(1, 7, 0, 100), read(2, 7, 10, 20), read(3, 0, 30, 40)]
    expect(checkLinearizable(register, history).kind).toBe('notLinearizable')
  })

  test('lets a write of unknown outcome take effect late, or never, but not vanish again', () => {
    const unknown = write(1, 7, 0)
    expect(checkLinearizable(register, [unknown, read(2, 0, 10, 20)]).kind).toBe('linearizable')
    expect(checkLinearizable(register, [unknown, read(2, 0, 10, 20), read(2, 7, 30, 40)]).kind).toBe(
      'linearizable',
    )
    expect(checkLinearizable(register, [unknown, read(2, 7, 10, 20), read(2, 0, 30, 40)]).kind).toBe(
      'notLinearizable',
    )
  })

  test('rejects nearly every history in which one read was made to lie', () => {
    let rejected = 0
    let mutants = 0
    for (let seed = 1; seed <= 400; seed++) {
      const random = randomFromSeed(seed)
      const history = goodHistory(seed, 40)
      const reads = history.flatMap((operation, at) => (operation.input === 'read' ? [at] : []))
      const at = reads[random.below(reads.length)]!
      // A value that nobody ever wrote can never be read.
      history[at] = { ...history[at]!, output: 1_000_000 }
      mutants++
      if (checkLinearizable(register, history).kind === 'notLinearizable') rejected++
    }
    expect(rejected).toBe(mutants)
  })

  test('gives up when told to, and says so', () => {
    expect(checkLinearizable(register, goodHistory(1, 60), 3).kind).toBe('undecided')
  })
})
