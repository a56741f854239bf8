/**
 * What membership costs and how soon it knows, beside what the papers say: `npx tsx bench/swim.ts`. Groups of up to a
 * thousand members are simulated in virtual time; the same tables come out on every machine. It prints those of
 * `docs/concepts/swim.md`. With a word behind it (`crashes`, `news`, `cost`, `loss`, `slow`) it makes that table alone.
 */
import type { NodeId } from '../src/core/ids.ts'
import { figure, markdownTable, median, percentile } from './figures.ts'
import { Group, type GroupOptions } from './swim-group.ts'

/** The default; everything is told in periods. */
const PERIOD_MS = 1000
const SIZES = [8, 32, 128, 1000]

const inPeriods = (milliseconds: number): string => (milliseconds / PERIOD_MS).toFixed(1)
const middleAndTail = (values: readonly number[]): string =>
  `${inPeriods(median(values))} / ${inPeriods(percentile(values, 0.99))}`

/** Members die one after the other: when the first suspects, when the first declares, when the last has heard. */
function crashes(members: number): string[] {
  const probed: number[] = []
  const declared: number[] = []
  const known: number[] = []
  const trials = members <= 32 ? 100 : members <= 128 ? 40 : 8
  for (let trial = 0, group = new Group({ members, seed: 1 }); trial < trials; trial++) {
    // Few have died so far, so the group is as large as it says.
    if (trial % Math.ceil(members / 8) === 0) group = new Group({ members, seed: trial + 1 })
    group.runForMs(3 * PERIOD_MS + group.random.below(PERIOD_MS))
    const victim = group.ids[group.random.below(group.ids.length)]!
    const crashedMs = group.nowMs
    group.news.length = 0
    group.crash(victim)
    const times = (kind: string): number[] =>
      group.news.filter(one => one.kind === kind && one.about === victim).map(({ atMs }) => atMs - crashedMs)
    while (times('died').length < group.ids.length) group.runForMs(5 * PERIOD_MS)
    const died = times('died')
    // A probe ends in a suspicion when its period is over.
    probed.push(times('suspected')[0]! - PERIOD_MS)
    declared.push(died[0]!)
    known.push(died.at(-1)! - died[0]!)
  }
  const mean = probed.reduce((sum, value) => sum + value, 0) / probed.length
  return [
    figure(members),
    inPeriods(mean),
    middleAndTail(probed),
    middleAndTail(declared),
    middleAndTail(known),
  ]
}

/** A member tells something new about itself: when half have heard, and when all have. */
function news(members: number): string[] {
  const half: number[] = []
  const all: number[] = []
  const group = new Group({ members, seed: 2 })
  for (let trial = 0; trial < 20; trial++) {
    group.runForMs(group.random.below(PERIOD_MS))
    group.news.length = 0
    const begunMs = group.nowMs
    const id = group.ids[group.random.below(members)]!
    group.give(id, { kind: 'update', meta: Uint8Array.of(trial) })
    const heard = (): number[] =>
      group.news.filter(({ kind }) => kind === 'updated').map(({ atMs }) => atMs - begunMs)
    for (let i = 0; heard().length < members - 1 && i < 1000; i++) group.runForMs(PERIOD_MS)
    const times = heard()
    half.push(times[Math.floor((members - 1) / 2)]!)
    all.push(times.at(-1)!)
    group.runForMs(20 * PERIOD_MS)
  }
  return [figure(members), middleAndTail(half), middleAndTail(all)]
}

/** What a member sends while nothing happens, the exchanges of all that is known included, and while one dies. */
function cost(members: number): string[] {
  const group = new Group({ members, seed: 3 })
  const rates = (seconds: number): string[] => {
    group.messages = 0
    group.bytes = 0
    group.runForMs(seconds * 1000)
    return [figure(group.messages / members / seconds), figure(group.bytes / members / seconds)]
  }
  // Exchanges of all that is known are so far apart; the first ones come after half of that.
  const pauseSeconds = 30 * Math.max(1, members / 64)
  rates(pauseSeconds / 2)
  const quiet = rates(pauseSeconds * Math.max(1, Math.round(300 / pauseSeconds)))
  for (let dying = 0; dying < members / 8; dying++) group.crash(group.ids[0]!)
  return [figure(members), ...quiet, ...rates(60)]
}

const withAndWithout = [false, true]

/** How often somebody who lives is suspected, and how often declared dead by anybody, in a group of 128. */
function loss(lossPercent: number): string[] {
  const members = 128
  const minutes = 3
  const told = withAndWithout.map(lifeguard => {
    const options: GroupOptions = {
      members,
      seed: 4,
      lossPerMillion: lossPercent * 10_000,
      options: { lifeguard },
    }
    const group = new Group(options)
    group.runForMs(minutes * 60_000)
    const count = (kind: string): number => group.news.filter(one => one.kind === kind).length
    return [figure(count('suspected') / members / minutes), figure(count('died'))]
  })
  return [`${lossPercent} %`, ...told.flat()]
}

/** Some members stand still again and again, as in the paper's interval experiment. */
function slow(stillMs: number, slowMembers: number): string[] {
  const members = 128
  const minutes = 3
  const told = withAndWithout.map(lifeguard => {
    const stallMs = lifeguard ? 200 : Number.POSITIVE_INFINITY
    const group = new Group({ members, seed: 5, options: { lifeguard, stallMs } })
    group.runForMs(5 * PERIOD_MS)
    const slowIds = group.ids.slice(0, slowMembers)
    const isSlow = new Set<NodeId>(slowIds)
    const endMs = minutes * 60_000
    while (group.nowMs < endMs) {
      for (const id of slowIds) group.stop(id, stillMs)
      group.runForMs(stillMs + RUNS_MS)
    }
    const verdicts = group.news.filter(({ kind }) => kind === 'died')
    const wrong = verdicts.filter(({ about }) => !isSlow.has(about))
    return [verdicts.length, wrong.length]
  })
  const [without, withIt] = told as [number[], number[]]
  const ratio = (i: number): string => (withIt[i] === 0 ? '-' : figure(without[i]! / withIt[i]!))
  return [
    figure(slowMembers),
    figure(stillMs / 1000),
    figure(without[0]!),
    figure(withIt[0]!),
    ratio(0),
    figure(without[1]!),
    figure(withIt[1]!),
    ratio(1),
  ]
}

/** Between two times in which they stand still slow members run for so long. */
const RUNS_MS = 1000

const TABLES: Readonly<Record<string, () => string>> = {
  crashes: () =>
    markdownTable(
      [
        'members',
        'first probed, mean',
        'first probed',
        'declared dead by the first',
        'known to all after that',
      ],
      SIZES.map(crashes),
    ),
  news: () => markdownTable(['members', 'half have heard', 'all have heard'], SIZES.map(news)),
  cost: () =>
    markdownTable(
      [
        'members',
        'messages a second',
        'bytes a second',
        'messages, an eighth dying',
        'bytes, an eighth dying',
      ],
      SIZES.map(cost),
    ),
  loss: () =>
    markdownTable(
      [
        'lost',
        'suspicions heard of, SWIM',
        'declared dead, SWIM',
        'suspicions, Lifeguard',
        'declared dead, Lifeguard',
      ],
      [0, 5, 10, 20].map(loss),
    ),
  slow: () =>
    markdownTable(
      [
        'slow',
        'still, s',
        'verdicts, SWIM',
        'Lifeguard',
        'ratio',
        'on the healthy, SWIM',
        'Lifeguard',
        'ratio',
      ],
      [4, 16].flatMap(count => [4000, 16_000].map(stillMs => slow(stillMs, count))),
    ),
}

const chosen = process.argv.slice(2)
for (const [name, make] of Object.entries(TABLES)) {
  if (chosen.length === 0 || chosen.includes(name)) console.log(`\n### ${name}\n\n${make()}`)
}
