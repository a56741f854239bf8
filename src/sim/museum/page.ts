/** The museum's page, `docs/museum.md`, from what the hunts found. */
import { BUGS, type BugName } from '../../core/seams.ts'
import { type Exhibit, type Ground, ORACLE_WORDS, type Source } from './exhibit.ts'
import { AWAITED, EXHIBITS } from './exhibits.ts'
import { type Hunt, medianSeeds } from './hunt.ts'
import { SENTENCE_CHARACTERS_MAX } from './limits.ts'

/** What was hunted, and how it went. A bug that is absent was not hunted yet. */
export interface Collection {
  readonly canary: readonly Hunt[]
  readonly bugs: Readonly<Partial<Record<BugName, readonly Hunt[]>>>
  /** In the scenarios that were written to show them. */
  readonly scenarios: Readonly<Partial<Record<BugName, Hunt>>>
}

const GROUND_WORDS: Readonly<Record<Ground, string>> = {
  clusters: 'clusters',
  raft: 'cores of Raft',
  raftMembers: 'cores of Raft, members change',
  synod: 'cores of the Synod',
  paxos: 'cores of Multi-Paxos',
  paxosMembers: 'cores of Multi-Paxos, changing members',
}

/** Markdown. */
export function describeMuseum(collection: Collection): string {
  return `${[
    '# The museum: bugs put back, and how soon they are found',
    INTRODUCTION,
    table(
      ['bug', 'what goes wrong', 'known from', 'hunted in', 'seeds', 'found by', 'scenario'],
      [canaryRow(collection.canary), ...BUGS.map(bug => bugRow(bug, collection))],
    ),
    '## To come',
    'Bugs of the field that have nothing to break yet.',
    table(
      ['what goes wrong', 'known from', 'comes with'],
      AWAITED.map(({ what, source, comesWith }) => [what, link(source), comesWith]),
    ),
  ].join('\n\n')}\n`
}

const INTRODUCTION = `\
Tests that have never failed prove little. So bugs that the field has had are put back, one at a time, each by one call
of \`bug()\` in \`src/\` at the place of the rule that it breaks, and the simulator has to find them, knowing nothing.
\`npm run museum\` hunts them all and writes this page; \`npm run museum -- NAME\` hunts one again, and
\`quorate sim --bug NAME\` shows one: it runs seeds until the bug is found, and makes smaller what found it.

*Seeds* is how many runs it took: the median of several hunts that share no seed, and in brackets each of them. Of
clusters a run is what \`quorate sim\` does: whole nodes, one to two minutes of virtual time under everything that is
drawn for them, half a second of a processor. Of bare cores it is thirty milliseconds. The first line is no bug
of ours: a **canary**, disks that report syncs and make nothing durable. If it lives, nobody looks. *Scenario* is one
that was written by hand to show the bug, and how many seeds of it that took: \`quorate sim --scenario NAME\`.`

function canaryRow(hunts: readonly Hunt[]): string[] {
  const source = link({ text: 'Jepsen, NATS 2.12.1', url: 'https://jepsen.io/analyses/nats-2.12.1' })
  const what = 'all disks lie about their syncs, and all machines lose power'
  return ['**canary**', what, source, GROUND_WORDS.clusters, seedsOf(hunts), foundBy(hunts), '']
}

function bugRow(bug: BugName, { bugs, scenarios }: Collection): string[] {
  const { what, source, ground }: Exhibit = EXHIBITS[bug]
  const hunts = bugs[bug] ?? []
  const found = [seedsOf(hunts), foundBy(hunts), scenarioOf(bug, scenarios[bug])]
  return [`\`${bug}\``, what, link(source), GROUND_WORDS[ground], ...found]
}

function scenarioOf(bug: BugName, played: Hunt | undefined): string {
  const { scenario } = EXHIBITS[bug]
  if (scenario === undefined) return ''
  const seeds = played === undefined ? '' : played.found === undefined ? ': not found' : `: ${played.seeds}`
  return `\`${scenario}\`${seeds}`
}

function seedsOf(hunts: readonly Hunt[]): string {
  if (hunts.length === 0) return 'not hunted yet'
  const each = hunts.map(({ seeds, found }) => (found === undefined ? `not in ${seeds}` : `${seeds}`))
  const median = medianSeeds(hunts)
  const told = median === undefined ? '**not found**' : `**${median}**`
  return `${told} (${each.join(', ')})`
}

/** Who, of all hunts, and one of the sentences. */
function foundBy(hunts: readonly Hunt[]): string {
  const catches = hunts.flatMap(({ found }) => (found === undefined ? [] : [found]))
  const [first] = catches
  if (first === undefined) return ''
  const oracles = [...new Set(catches.map(({ oracle }) => ORACLE_WORDS[oracle]))]
  return `${oracles.join('; ')}: "${shortened(first.sentence)}"`
}

function shortened(sentence: string): string {
  const [line = ''] = sentence.split('\n')
  return line.length > SENTENCE_CHARACTERS_MAX ? `${line.slice(0, SENTENCE_CHARACTERS_MAX)}...` : line
}

function link({ text, url }: Source): string {
  return url === undefined ? text : `[${text}](${url})`
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n')
}
