import { describe, expect, test } from 'vitest'
import { failing, testUnless } from './requirement.ts'

/** Takes declarations as `test` does, and keeps them instead of running anything. */
function notebook() {
  const declared: { table: unknown[]; name: string; body: () => void }[] = []
  const row =
    (...table: unknown[]) =>
    (name: string, body: () => void) => {
      declared.push({ table, name, body })
    }
  return { declared, declare: Object.assign(row(), { each: row, for: row }) as unknown as typeof test }
}

function neverRuns(): void {
  throw new Error('the body of a test ran although what it needs is missing')
}

describe('a test that lacks a program', () => {
  const cases = [1, 2]

  test.each<[string, unknown[], (standIn: typeof test) => void]>([
    ['alone', [], standIn => standIn('a name', neverRuns)],
    ['with a limit of its own', [], standIn => standIn('a name', neverRuns, 1_000)],
    ['for each case', [cases], standIn => standIn.each(cases)('a name', neverRuns)],
    ['for each case, handed over whole', [cases], standIn => standIn.for(cases)('a name', neverRuns)],
    [
      'for each row of a template',
      [['a | b\n', ' | ', ''], 1, 2],
      standIn => standIn.each`a | b\n${1} | ${2}`('a name', neverRuns),
    ],
  ])('fails with its name: %s', (_, table, use) => {
    const { declared, declare } = notebook()
    use(failing('the program x is not installed', declare))
    expect(declared).toMatchObject([{ table, name: 'a name' }])
    expect(declared[0]!.body).toThrow('the program x is not installed, and CI must not pass without it')
  })
})

test('a test that lacks nothing is an ordinary one', () => expect(testUnless(null)).toBe(test))
