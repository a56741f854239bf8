/** The whole repository, held to every rule. What a rule means and that it can fail: `rules.test.ts`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkFloors } from './floors.ts'
import { checkComments, checkLines, checkName, checkWords, LONG_FILES, WIDE_FILES } from './hygiene.ts'
import { checkErrorCodes, checkLinks, checkLockFile, checkPrivacy } from './prose.ts'
import { checkPurity, PURITY_EXCEPTIONS } from './purity.ts'
import { ROOT, readRepository } from './repository.ts'
import { checkTests, LEAVING_OUT } from './running.ts'
import { checkOpening, checkSeams } from './seams.ts'
import { type Finding, formatFinding, type SourceFile } from './source-file.ts'

const files = readRepository()
const byPath = new Map(files.map(file => [file.path, file]))

function findings(check: (file: SourceFile) => Finding[]): string[] {
  return files.flatMap(check).map(formatFinding)
}

test('the rules see the house', () => {
  expect(byPath.has('src/core/assert.ts')).toBe(true)
  expect(files.filter(file => file.path.startsWith('src/')).length).toBeGreaterThan(50)
})

test('a lower floor never imports a higher one, and only runtime/node touches the platform', () => {
  expect(findings(checkFloors)).toEqual([])
})

test('floors 0 to 4 never wait; they, the simulator, server and client take the world as arguments', () => {
  expect(findings(checkPurity)).toEqual([])
})

test('every file is named for what it is', () => {
  expect(findings(checkName)).toEqual([])
})

test('no default exports, no any, no enums, nothing hidden from the compiler, nothing left to do', () => {
  expect(findings(checkWords)).toEqual([])
})

test('every file or every export says what it is', () => {
  expect(findings(checkComments)).toEqual([])
})

test('lines and files are short enough to read, and end where they seem to', () => {
  expect(findings(checkLines)).toEqual([])
})

test('every test runs, and none sleeps', () => {
  expect(findings(checkTests)).toEqual([])
})

test('links between our pages lead somewhere', () => {
  expect(findings(file => checkLinks(file, byPath, path => existsSync(join(ROOT, path))))).toEqual([])
})

test('every error code stands in the catalogue', () => {
  const catalogue = byPath.get('docs/reference/errors.md')
  if (catalogue === undefined) return
  expect(findings(file => checkErrorCodes(file, catalogue.text))).toEqual([])
})

test('a bug, a probe and a rare way stand in the code once each, and only the simulator opens the seams', () => {
  expect(checkSeams(files).map(formatFinding)).toEqual([])
  expect(findings(checkOpening)).toEqual([])
})

test('nothing of the workshop stays in the house', () => {
  expect(findings(checkPrivacy)).toEqual([])
  expect(findings(checkLockFile)).toEqual([])
})

test('every exception is still needed by a file that exists', () => {
  for (const { path } of [...LONG_FILES, ...WIDE_FILES, ...PURITY_EXCEPTIONS, ...LEAVING_OUT])
    expect([...byPath.keys()]).toContain(path)
})
