import { expect, test } from 'vitest'
import { roundsUntil } from './rounds-until.ts'

/** Is kept or broken by the round with this number, while that one is under way. */
function decidedInRound(last: number, decide: (resolve: () => void, reject: (error: Error) => void) => void) {
  let rounds = 0
  const { promise, resolve, reject } = deferred()
  const round = async (): Promise<number> => {
    if (++rounds === last) decide(resolve, reject)
    return rounds
  }
  return { promise, round }
}

function deferred() {
  let resolve = (): void => {}
  let reject = (_: Error): void => {}
  const promise = new Promise<string>((kept, broken) => {
    resolve = () => kept('there')
    reject = broken
  })
  return { promise, resolve, reject }
}

test('rounds go on until what is awaited comes about', async () => {
  const { promise, round } = decidedInRound(3, resolve => resolve())
  expect(await roundsUntil(promise, round)).toEqual(['there', [1, 2, 3]])
})

test('what fails while a round is under way ends the rounds, and is not left unhandled', async () => {
  const { promise, round } = decidedInRound(3, (_, reject) => reject(new Error('it never came')))
  await expect(roundsUntil(promise, round)).rejects.toThrow('it never came')
})

test('a round that fails ends them at once, and what fails later is not left unhandled', async () => {
  const { promise, reject } = deferred()
  const refused = (): Promise<never> => Promise.reject(new Error('refused'))
  await expect(roundsUntil(promise, refused)).rejects.toThrow('refused')
  // Were nobody to handle it, the runtime would say so, and this run would fail.
  reject(new Error('it never came'))
})
