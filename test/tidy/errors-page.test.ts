/** The catalogue of errors names a test for each code, and the test meets it. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/reference/errors.md', ROOT), 'utf8')
const behind = page.slice(page.indexOf('<!-- /etcd -->'))

interface Row {
  readonly code: string
  readonly test: string
}

function rows(): Row[] {
  return behind.split('\n').flatMap(line => {
    const code = /^\| `(QUORATE_[A-Z_]+)`/.exec(line)?.[1]
    if (code === undefined) return []
    const path = /\| `([^`]+\.ts)` \|$/.exec(line)?.[1]
    return [{ code, test: path ?? '' }]
  })
}

/** Tests that meet the error by another of its names. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  QUORATE_PEER_VERSION: "'version'",
  QUORATE_NO_LEADER: 'no leader',
  QUORATE_OUTCOME_UNKNOWN: 'request timed out',
}

test('every code stands once', () => {
  const codes = rows().map(row => row.code)
  expect(codes.length).toBeGreaterThan(30)
  expect(new Set(codes).size).toBe(codes.length)
})

test('every code names a test that exists and speaks of it', () => {
  for (const { code, test: path } of rows()) {
    const file = new URL(path, ROOT)
    expect(path !== '' && existsSync(file), `${code}: ${path}`).toBe(true)
    expect(readFileSync(file, 'utf8'), `${code} in ${path}`).toContain(OTHER_NAMES[code] ?? code)
  }
})

test('every test that is named anywhere on the page exists', () => {
  for (const [, path] of page.matchAll(/`([\w/.-]+\.test\.ts)`/g))
    expect(existsSync(new URL(path!, ROOT)), path).toBe(true)
})
