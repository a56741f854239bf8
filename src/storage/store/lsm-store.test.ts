/** The store on disk keeps every promise of a `Store`, with limits as they are and so small that everything happens. */
import { describeStore } from '../store.conformance.ts'
import { openStore } from './open-store.ts'
import type { StoreLimits } from './setting.ts'

const TINY: Partial<StoreLimits> = { cacheBytes: 64 * 1024, tableBytes: 128 * 1024 }

const halt = (reason: Error): never => {
  throw reason
}

describeStore('the store on disk', (options, opened) => openStore({ ...options, halt }, opened))
describeStore('the store on disk, with tiny limits', (options, opened) =>
  openStore({ ...options, halt, limits: TINY }, opened),
)
