/**
 * Tests that need something of the machine: a program, free ports, the right to mount. Where tests count (CI) its
 * absence is a failure; elsewhere the reason is printed and those tests are left out.
 */
import { spawnSync } from 'node:child_process'
import { type TestAPI, test } from 'vitest'

/** Null if the program starts. */
export function missing(program: string, ...args: string[]): string | null {
  const { error } = spawnSync(program, args, { env: { ...process.env, ETCDCTL_API: '3' } })
  return error === undefined ? null : `the program ${program} is not installed`
}

/**
 * The test function for tests that can run if `lack` is null.
 *
 * @param leaveOut `anywhere`: also where tests count, because it is not for every machine to have it
 */
export function testUnless(lack: string | null, leaveOut: 'outside CI' | 'anywhere' = 'outside CI'): TestAPI {
  if (lack === null) return test
  if (process.env['CI'] === undefined || leaveOut === 'anywhere') {
    console.warn(`skipped: ${lack}`)
    return test['skip'] as TestAPI
  }
  return failing(lack, test)
}

/** What declares tests: all of `test` that is used here. */
type Declare = ((name: string, body: () => void) => void) & Pick<TestAPI, 'each' | 'for'>

/** Declares every test that it is given, each case of a table too, with a body that fails for want of something. */
export function failing(lack: string, declare: Declare): TestAPI {
  const fail = (): never => {
    throw new Error(`${lack}, and CI must not pass without it`)
  }
  return Object.assign((name: string) => declare(name, fail), {
    each:
      (...table: Parameters<TestAPI['each']>) =>
      (name: string) =>
        declare.each(...table)(name, fail),
    for:
      (...table: Parameters<TestAPI['for']>) =>
      (name: string) =>
        declare.for(...table)(name, fail),
  }) as unknown as TestAPI
}
