import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openFilesMax, openFilesMaxOf } from './descriptors.ts'

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             63432                63432                processes
Max open files            250                  1048576              files
Max locked memory         8388608              8388608              bytes
`

test('the soft limit is the one that counts', () => {
  expect(openFilesMaxOf(LIMITS)).toBe(250)
})

test('where the system does not say, it is what most processes begin with', () => {
  expect(openFilesMaxOf('')).toBe(1_024)
  expect(openFilesMaxOf(LIMITS.replace('250 ', 'unlimited '))).toBe(1_024)
})

test('it is what the shell says that we may open, where the system tells us', () => {
  const told = Number(execFileSync('bash', ['-c', 'ulimit -Sn'], { encoding: 'utf8' }))
  expect(openFilesMax()).toBe(existsSync('/proc/self/limits') ? told : 1_024)
})
