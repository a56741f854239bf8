import { describe, expect, it } from 'vitest'
import { bytes } from '../store-pairs.conformance.ts'
import { Page } from './page.ts'
import { Probe } from './probe.ts'

const NONE = new Uint8Array(0)

function found(page: Page, key: string): boolean {
  const probe = new Probe(bytes(key))
  page.seek(probe)
  return probe.found
}

describe('a page', () => {
  it('knows nothing of the keys that it held when it is filled again', () => {
    const page = new Page(0)
    page.insertAt(0, bytes('a'), NONE)
    page.removeAt(0)
    page.insertAt(0, bytes('bb'), new Uint8Array(2000))
    expect(['a', 'bb', 'bc'].map(key => found(page, key))).toEqual([false, true, false])
  })
})
