import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BUGS, type BugName } from '../../src/core/seams.ts'
import type { Hunt } from '../../src/sim/museum/hunt.ts'
import { type Collection, describeMuseum } from '../../src/sim/museum/page.ts'
import { enterHunts, type Files, readCollection, withHunts } from './collection.ts'

const [ONE, OTHER] = BUGS as unknown as [BugName, BugName]
const took = (seeds: number): Hunt => ({
  firstSeed: 1,
  seeds,
  found: { oracle: 'history', sentence: 'wrong' },
})

let directory: string
let files: Files
beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/quorate-museum-`)
  files = { data: `${directory}/museum.json`, page: `${directory}/museum.md` }
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('hunts side by side lose none of what the other entered', () => {
  enterHunts(files, ONE, { hunts: [took(1)], played: took(2) })
  const here = readCollection(files)
  enterHunts(files, OTHER, { hunts: [took(3)] })
  enterHunts(files, 'canary', { hunts: [took(4)] })
  enterHunts(files, ONE, { hunts: [took(5)], played: took(6) })
  expect(here.bugs).toEqual({ [ONE]: [took(1)] })
  expect(readCollection(files)).toEqual({
    canary: [took(4)],
    bugs: { [ONE]: [took(5)], [OTHER]: [took(3)] },
    scenarios: { [ONE]: took(6) },
  })
})

test('the page is made of all that was entered, and nothing else is left behind', () => {
  enterHunts(files, ONE, { hunts: [took(1)] })
  enterHunts(files, OTHER, { hunts: [took(2)] })
  expect(readFileSync(files.page, 'utf8')).toBe(describeMuseum(readCollection(files)))
  expect(readdirSync(directory).sort()).toEqual(['museum.json', 'museum.md'])
})

test('bugs that are no more are dropped, and so is a scenario that nobody plays any more', () => {
  const gone = { 'a-bug-of-old': [took(1)] } as unknown as Collection['bugs']
  const before: Collection = {
    canary: [took(1)],
    bugs: { ...gone, [OTHER]: [took(2)] },
    scenarios: { ['a-bug-of-old' as BugName]: took(3), [ONE]: took(4), [OTHER]: took(5) },
  }
  expect(withHunts(before, ONE, { hunts: [took(6)] })).toEqual({
    canary: [took(1)],
    bugs: { [OTHER]: [took(2)], [ONE]: [took(6)] },
    scenarios: { [OTHER]: took(5) },
  })
  expect(Object.keys(withHunts(before, 'canary', { hunts: [] }).bugs)).toEqual([OTHER])
})

test('a key with a NUL that was kept as it is leaves none on the page', () => {
  const kept: Hunt = {
    firstSeed: 1,
    seeds: 1,
    found: { oracle: 'history', sentence: 'put of k\u0000 at 174' },
  }
  const before: Collection = { canary: [kept], bugs: { [ONE]: [kept] }, scenarios: { [ONE]: kept } }
  const after = withHunts(before, OTHER, { hunts: [took(1)] })
  expect(JSON.stringify(after)).not.toContain('k\\u0000')
  expect(describeMuseum(after)).toContain('put of k\\u0000 at 174')
  expect(describeMuseum(after)).not.toContain('\u0000')
})

test('a collection that cannot be read is not taken for an empty one', () => {
  writeFileSync(files.data, '{"canary": [')
  expect(() => enterHunts(files, ONE, { hunts: [took(1)] })).toThrow(SyntaxError)
  expect(readFileSync(files.data, 'utf8')).toBe('{"canary": [')
})
