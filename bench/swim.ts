/**
 * What membership costs and how soon it knows, beside what the papers say: `npx tsx bench/swim.ts`. Groups of up to a
 * thousand members are simulated in virtual time; the same tables come out on every machine. It prints those of
 * `docs/concepts/swim.md`. With a word behind it (`crashes`, `news`, `cost`, `loss`, `slow`, `parts`,
 * `mistakes`) it makes that table alone.
 */
import type { NodeId } from '../src/core/ids.ts'
import type { SwimOptions } from '../src/protocols/swim/index.ts'
import { figure, markdownTable, median, percentile } from './figures.ts'
import { Group, type GroupOptions } from './swim-group.ts'

/** The default; everything is told in periods. */
const PERIOD_MS = 1000
const SIZES = [8, 32, 128, 1000]

const inPeriods = (milliseconds: number): string => (milliseconds / PERIOD_MS).toFixed(1)
const middleAndTail = (values: readonly number[]): string =>
  `${inPeriods(median(values))} / ${inPeriods(percentile(values, 0.99))}`

/** Members die one after the other: when the first suspects, when the first declares, when the last has heard. */
function crashTimes(members: number, options: Partial<SwimOptions> = {}): CrashTimes {
  const times: CrashTimes = { probed: [], declared: [], known: [] }
  const trials = members <= 32 ? 100 : members <= 128 ? 40 : 8
  for (let trial = 0, group = new Group({ members, seed: 1, options }); trial < trials; trial++) {
    // Few have died so far, so the group is as large as it says.
    if (trial % Math.ceil(members / 8) === 0) group = new Group({ members, seed: trial + 1, options })
    group.runForMs(3 * PERIOD_MS + group.random.below(PERIOD_MS))
    const victim = group.ids[group.random.below(group.ids.length)]!
    const crashedMs = group.nowMs
    group.news.length = 0
    group.crash(victim)
    const heard = (kind: string): number[] =>
      group.news.filter(one => one.kind === kind && one.about === victim).map(({ atMs }) => atMs - crashedMs)
    while (heard('died').length < group.ids.length) group.runForMs(5 * PERIOD_MS)
    const died = heard('died')
    // A probe ends in a suspicion when its period is over.
    times.probed.push(heard('suspected')[0]! - PERIOD_MS)
    times.declared.push(died[0]!)
    times.known.push(died.at(-1)! - died[0]!)
  }
  return times
}

interface CrashTimes {
  readonly probed: number[]
  readonly declared: number[]
  readonly known: number[]
}

function crashes(members: number): string[] {
  const { probed, declared, known } = crashTimes(members)
  const mean = probed.reduce((sum, value) => sum + value, 0) / probed.length
  return [figure(members), inPeriods(mean), ...[probed, declared, known].map(middleAndTail)]
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

/** Some members stand still again and again, as in the paper's interval experiment; gives what was declared dead. */
function standStill(options: Partial<SwimOptions>, slowMembers: number, stillMs: number): Verdicts {
  const members = 128
  const minutes = 3
  const group = new Group({ members, seed: 5, options })
  group.runForMs(5 * PERIOD_MS)
  const slowIds = group.ids.slice(0, slowMembers)
  const isSlow = new Set<NodeId>(slowIds)
  const endMs = minutes * 60_000
  while (group.nowMs < endMs) {
    for (const id of slowIds) group.stop(id, stillMs)
    group.runForMs(stillMs + RUNS_MS)
  }
  const verdicts = group.news.filter(({ kind }) => kind === 'died')
  return { all: verdicts.length, wrong: verdicts.filter(({ about }) => !isSlow.has(about)).length }
}

interface Verdicts {
  readonly all: number
  /** On members that are healthy. */
  readonly wrong: number
}

/** Here: all of Lifeguard, and what a member notices itself. SWIM: neither. */
const HERE: Partial<SwimOptions> = {}
const SWIM_ALONE: Partial<SwimOptions> = { lifeguard: false, stallMs: Number.POSITIVE_INFINITY }

function slow(stillMs: number, slowMembers: number): string[] {
  const [without, withIt] = [SWIM_ALONE, HERE].map(options => standStill(options, slowMembers, stillMs))
  const told = [without!.all, withIt!.all, without!.wrong, withIt!.wrong]
  return [figure(slowMembers), figure(stillMs / 1000), ...told.map(figure)]
}

/** Lifeguard's parts, one by one and together, in the hardest case of `slow`; and what they cost in time. */
const PARTS: readonly (readonly [string, Partial<SwimOptions>])[] = [
  ['SWIM', SWIM_ALONE],
  ['local health of probes', { ...SWIM_ALONE, lifeguard: ['probe'] }],
  ['suspicions that are confirmed', { ...SWIM_ALONE, lifeguard: ['suspicion'] }],
  ['suspects are told first', { ...SWIM_ALONE, lifeguard: ['buddy'] }],
  ['Lifeguard: these three', { ...SWIM_ALONE, lifeguard: ['probe', 'suspicion', 'buddy'] }],
  ['here: verdicts in two looks, too', { ...SWIM_ALONE, lifeguard: true }],
  ['and with an eye on its own lateness', HERE],
]

function parts(): string[][] {
  const ofSwim = standStill(SWIM_ALONE, 16, 16_000).wrong
  return PARTS.map(([name, options]) => {
    const { wrong } = standStill(options, 16, 16_000)
    const { declared, known } = crashTimes(128, options)
    return [
      name,
      figure(wrong),
      figure((100 * wrong) / ofSwim),
      middleAndTail(declared),
      middleAndTail(known),
    ]
  })
}

/**
 * How often a member that lives is suspected, and declared dead by anybody, by the group's size, with messages lost: in
 * a thousand members and periods. Beside it the chance that one probe fails by the paper's formula,
 * (1 - q^2) (1 - q^4)^k for messages that arrive with chance q.
 */
function mistakes(members: number, lossPercent: number): string[] {
  const periods = Math.ceil(MISTAKES_MEMBER_PERIODS / members)
  const lossPerMillion = lossPercent * 10_000
  const told = [SWIM_ALONE, HERE].map(options => {
    const group = new Group({ members, seed: 6, lossPerMillion, options })
    const [suspicions, deaths] = [new Set<string>(), new Set<string>()]
    for (let period = 0; period < periods; period++) {
      group.runForMs(PERIOD_MS)
      // All hear of each: by the end those would be millions.
      for (const { kind, about, incarnation } of group.news.splice(0)) {
        if (kind === 'suspected') suspicions.add(`${about}/${incarnation}`)
        else if (kind === 'died') deaths.add(`${about}/${incarnation}`)
      }
    }
    return [suspicions, deaths].map(({ size }) => figure((1000 * size) / members / periods))
  })
  const q = 1 - lossPercent / 100
  const formula = (1 - q ** 2) * (1 - q ** 4) ** INDIRECT_PROBES
  const [alone, here] = told as [string[], string[]]
  return [
    figure(members),
    `${lossPercent} %`,
    figure(1000 * formula),
    alone[0]!,
    here[0]!,
    alone[1]!,
    here[1]!,
  ]
}

/** Each group runs for as long as it takes to watch so many members for a period: small ones longer than large ones. */
const MISTAKES_MEMBER_PERIODS = 40_000

/** The default. */
const INDIRECT_PROBES = 3

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
      ['slow', 'still, s', 'all verdicts, SWIM', 'all, here', 'on healthy members, SWIM', 'here'],
      [4, 16].flatMap(count => [4000, 16_000].map(stillMs => slow(stillMs, count))),
    ),
  parts: () =>
    markdownTable(
      ['parts', 'on healthy members', '% of SWIM', 'a crash is declared', 'known to all after that'],
      parts(),
    ),
  mistakes: () =>
    markdownTable(
      ['members', 'lost', 'formula', 'suspicions, SWIM', 'here', 'declared dead, SWIM', 'here'],
      [10, 20].flatMap(lossPercent => SIZES.map(members => mistakes(members, lossPercent))),
    ),
}

const chosen = process.argv.slice(2)
for (const [name, make] of Object.entries(TABLES)) {
  if (chosen.length === 0 || chosen.includes(name)) console.log(`\n### ${name}\n\n${make()}`)
}
