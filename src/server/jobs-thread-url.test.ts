import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { JOBS_THREAD_URL } from './jobs-thread-url.ts'

it('the entry of the thread is where its address says', () => {
  expect(JOBS_THREAD_URL.pathname).toMatch(/\/jobs-thread\.ts$/)
  expect(existsSync(JOBS_THREAD_URL)).toBe(true)
})
