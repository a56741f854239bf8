import { expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { PROBES, SITES, type SiteName } from '../../core/seams.ts'
import { ReplicaRecorder } from './replica-recorder.ts'
import { RunSeams } from './run-seams.ts'

const CHANCES = 400

function seamsOf(seed: number, events: string[] = []): RunSeams {
  return new RunSeams(
    randomFromSeed(seed),
    undefined,
    probe => events.push(probe),
    () => events.push('taken'),
    () => new ReplicaRecorder().witness('a'),
  )
}

/** How often a run takes its rare way here. */
function timesTaken(seed: number, site: SiteName): number {
  const seams = seamsOf(seed)
  let times = 0
  for (let i = 0; i < CHANCES; i++) if (seams.takes(site)) times++
  return times
}

/** What is rare about these lasts: active, they are taken each time. */
const LASTING: readonly SiteName[] = [
  'snapshot: a chunk brings one pair',
  'snapshot: one chunk is asked for at a time',
]

test('a site is active in about a quarter of the runs, and there it is taken in a share of its chances', () => {
  for (const site of SITES) {
    const times = Array.from({ length: 200 }, (_, seed) => timesTaken(seed, site))
    const active = times.filter(taken => taken > 0)
    expect(active.length).toBeGreaterThan(25)
    expect(active.length).toBeLessThan(80)
    if (LASTING.includes(site)) expect(new Set(active)).toEqual(new Set([CHANCES]))
    else expect(Math.max(...active)).toBeLessThan(CHANCES / 2)
  }
})

test('whoever is healed loses no connection for no reason, and goes all other rare ways', () => {
  for (let seed = 0; seed < 20; seed++) {
    const [before, after] = [seamsOf(seed), seamsOf(seed)]
    after.spareTheHealed()
    for (const site of SITES) {
      const timesOf = (seams: RunSeams): number =>
        Array.from({ length: CHANCES }, () => seams.takes(site)).filter(Boolean).length
      const expected = site === 'peers: a connection is closed for no reason' ? 0 : timesOf(before)
      expect(timesOf(after)).toBe(expected)
    }
  }
})

test('the same seed takes the same ways, whatever the other sites are asked', () => {
  const [site, other] = SITES
  const takenOf = (asksOther: boolean): boolean[] => {
    const seams = seamsOf(5)
    return Array.from({ length: CHANCES }, () => {
      if (asksOther) seams.takes(other)
      return seams.takes(site)
    })
  }
  expect(takenOf(true)).toEqual(takenOf(false))
})

test('what comes about and what is taken is counted', () => {
  const events: string[] = []
  const seams = seamsOf(1, events)
  const [first] = PROBES
  seams.met(first)
  seams.met(first)
  expect(seams.probes).toEqual(new Map([[first, 2]]))
  let taken = 0
  for (const site of SITES) for (let i = 0; i < CHANCES; i++) if (seams.takes(site)) taken++
  expect(taken).toBeGreaterThan(0)
  expect(events).toEqual([first, first, ...Array.from({ length: taken }, () => 'taken')])
})
