/**
 * Clusters as a consensus protocol leaves them, entry by entry: committed entries on a quorum, tails that some
 * leader began, disks that were damaged since. And the oracle of stalls a second time, so simple that it is
 * plainly right: it tries every state, every entry and every set of voters that may have held one.
 */
import type { NodeId } from '../../../core/ids.ts'
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import type { DiskRun, Run } from '../good-copies.ts'
import type { Stall, StallCause } from '../liveness.ts'

export const PARTS = ['a', 'b', 'c'] as const

export interface Cell {
  readonly ballot: number
  readonly good: boolean
}

export interface Member {
  readonly id: NodeId
  readonly keepsPromises: boolean
  readonly stateIndex: number
  readonly damagedParts: readonly string[]
  /** By index; there is no entry 0. */
  readonly cells: readonly (Cell | undefined)[]
}

export interface Cluster {
  readonly voterSets: readonly (readonly NodeId[])[]
  readonly core: readonly NodeId[]
  /** The ballot of each committed entry, by index; place 0 is empty. */
  readonly committed: readonly number[]
  readonly members: readonly Member[]
}

export function drawCluster(seed: number): Cluster {
  const random = randomFromSeed(seed)
  const count = 3 + random.below(4)
  const ids = Array.from({ length: count }, (_, i) => BigInt(i + 1) as NodeId)
  const first = ids.slice(0, Math.min(count, 3 + random.below(3)))
  const voterSets = random.chance(1, 4) ? [first, ids.slice(count - 3)] : [first]
  const committed = drawBallots(random, 1 + random.below(12))
  const holders = drawQuorum(random, voterSets, ids)
  const members = ids.map(id => drawMember(random, id, committed, holders.includes(id)))
  return { voterSets, core: drawQuorum(random, voterSets, ids), committed, members }
}

/** Damages entries, states and promises at random: sometimes too much. */
export function damage(cluster: Cluster, random: Random): Cluster {
  const percent = random.below(70)
  const isHit = () => random.chance(percent, 100)
  const members = cluster.members.map((member): Member => {
    const cells = member.cells.map(cell => (cell === undefined ? cell : { ...cell, good: !isHit() }))
    const damagedParts = member.stateIndex === 0 ? [] : PARTS.filter(isHit)
    return { ...member, cells, damagedParts, keepsPromises: !random.chance(1, 8) }
  })
  return { ...cluster, members }
}

/** Even ballots are those that committed; odd ones failed in between. */
function drawBallots(random: Random, length: number): number[] {
  const ballots = [0]
  for (let index = 1; index <= length; index++)
    ballots.push((ballots.at(-1)! || 2) + (random.chance(1, 4) ? 2 : 0))
  return ballots
}

function drawQuorum(
  random: Random,
  voterSets: readonly (readonly NodeId[])[],
  ids: readonly NodeId[],
): NodeId[] {
  const chosen: NodeId[] = []
  const rest = [...ids]
  while (!voterSets.every(voters => isQuorum(voters, chosen)))
    chosen.push(...rest.splice(random.below(rest.length), 1))
  return chosen.sort((a, b) => Number(a - b))
}

function drawMember(random: Random, id: NodeId, committed: readonly number[], isHolder: boolean): Member {
  const last = committed.length - 1
  const prefix = isHolder ? last : random.below(last + 1)
  const stateIndex = random.below(prefix + 1)
  const compacted = random.below(stateIndex + 1)
  const cells: (Cell | undefined)[] = [undefined]
  for (let index = 1; index <= prefix; index++)
    cells.push(index <= compacted ? undefined : { ballot: committed[index]!, good: true })
  // What a leader began: above the committed ballots if nothing contradicted it yet, else below.
  const ballot = prefix === last ? committed[last]! + 1 + random.below(3) : committed[prefix + 1]! - 1
  const tail = random.chance(1, 3) ? 1 + random.below(3) : 0
  for (let i = 0; i < tail; i++) cells.push({ ballot, good: true })
  return { id, keepsPromises: true, stateIndex, damagedParts: [], cells }
}

export function isQuorum(voters: readonly NodeId[], those: readonly NodeId[]): boolean {
  return voters.filter(voter => those.includes(voter)).length * 2 > voters.length
}

/** As the checker is told it. */
export function toStall({ voterSets, core, committed, members }: Cluster): Stall {
  const disks = members.map(({ id, keepsPromises, stateIndex, damagedParts, cells }) => {
    const promises = keepsPromises ? ('kept' as const) : ('lost' as const)
    return [
      id,
      { promises, state: { index: stateIndex, damaged: damagedParts }, log: runsOf(cells) },
    ] as const
  })
  const runs: Run[] = runsOf(committed.map((ballot, i) => (i === 0 ? undefined : { ballot, good: true })))
  return { voterSets, core, committed: runs, disks: new Map(disks) }
}

function runsOf(cells: readonly (Cell | undefined)[]): DiskRun[] {
  const runs: DiskRun[] = []
  for (const [index, cell] of cells.entries()) {
    if (cell === undefined) continue
    const condition = cell.good ? 'good' : 'damaged'
    const last = runs.at(-1)
    if (last?.to === index - 1 && last.ballot === cell.ballot && last.condition === condition)
      runs[runs.length - 1] = { ...last, to: index }
    else runs.push({ from: index, to: index, ballot: cell.ballot, condition })
  }
  return runs
}

/** What the checker must come to. */
export function judgeByTrying(cluster: Cluster): 'failure' | StallCause {
  const core = cluster.members.filter(({ id }) => cluster.core.includes(id))
  const able = core.filter(member => member.keepsPromises).map(({ id }) => id)
  if (!cluster.voterSets.every(voters => isQuorum(voters, able))) return 'noQuorum'
  const last = cluster.committed.length - 1
  const isGood = (index: number) =>
    core.some(({ cells }) => cells[index]?.good && cells[index].ballot >= cluster.committed[index]!)
  const isWhole = (index: number) =>
    PARTS.every(part =>
      core.some(({ stateIndex, damagedParts }) => stateIndex === index && !damagedParts.includes(part)),
    )
  const states = numbers(0, last).filter(index => index === 0 || isWhole(index))
  if (!states.some(state => numbers(state + 1, last).every(isGood))) {
    const lost = numbers(Math.max(...states) + 1, last).find(index => !isGood(index))!
    return core.some(({ stateIndex }) => stateIndex >= lost) ? 'stateLost' : 'entryLost'
  }
  return core.some(({ cells }) =>
    cells.some(
      (cell, index) => index > last && cell?.good === false && isUndecidable(cluster, index, cell.ballot),
    ),
  )
    ? 'undecidable'
    : 'failure'
}

/** Whether some voters, all of whom may have held the entry, would have committed it. */
function isUndecidable({ voterSets, core, members }: Cluster, index: number, ballot: number): boolean {
  const inCore = members.filter(({ id }) => core.includes(id))
  if (inCore.some(({ cells }) => cells[index]?.good && cells[index].ballot >= ballot)) return false
  const mayHold = members.filter(({ id, keepsPromises, cells }) => {
    const cell = cells[index]
    return !core.includes(id) || !keepsPromises || cell?.good === false || cell?.ballot === ballot
  })
  for (let subset = 0; subset < 2 ** mayHold.length; subset++) {
    const holders = mayHold.filter((_, i) => (subset >> i) & 1).map(({ id }) => id)
    if (voterSets.every(voters => isQuorum(voters, holders))) return true
  }
  return false
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
