/** The pictures of `docs/concepts`: which run each shows. They are made by the laboratory, and by nothing else. */
import { algorithmNamed } from '../../src/lab/algorithms.ts'
import { spaceTime } from '../../src/lab/picture/space-time.ts'
import type { Recording } from '../../src/lab/recording.ts'

/** The fault that the picture of an algorithm's page shows. */
export const PICTURED: Readonly<Record<string, string>> = {
  raft: 'leader-crash',
  paxos: 'competing-proposers',
  synod: 'proposer-crash',
  swim: 'member-crash',
  gossip: 'none',
  'phi-accrual': 'partition',
  bully: 'partition',
  'ring-election': 'leader-crash',
  'two-phase-commit': 'coordinator-crash-after-prepare',
  'three-phase-commit': 'partition-in-precommit',
  'replicated-commit': 'coordinator-crash-after-prepare',
  'lamport-clock': 'concurrent-writes',
  'vector-clock': 'concurrent-writes',
  'hybrid-clock': 'skewed-clocks',
  'consistent-hashing': 'stale-ring',
}

/** As wide as a page of documentation. */
const WIDTH_PIXELS = 1100

/** The run that the picture shows. */
export function pictured(name: string): Recording {
  const algorithm = algorithmNamed(name)!
  const fault = PICTURED[name]!
  const { nodesMin } = algorithm.lessons.find(lesson => lesson.name === fault)!
  return algorithm.run({ nodes: Math.max(algorithm.nodes.standard, nodesMin), seed: 1 }, fault)
}

export function pictureOf(name: string): string {
  return `${spaceTime(pictured(name), { standsAlone: true, width: WIDTH_PIXELS }).svg}\n`
}

export function pictureFile(name: string): URL {
  return new URL(`../../docs/concepts/pictures/${name}.svg`, import.meta.url)
}
