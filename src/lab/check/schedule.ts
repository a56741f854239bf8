/** Random schedules: what is asked and what goes wrong, drawn before the run, as plain data: any part can be run. */
import { type Random, randomFromSeed } from '../../core/prng.ts'
import type { Play, Subject, Trouble } from '../algorithm.ts'

/** Which schedules are drawn: without anything late, or with everything. */
export type Family = 'nothing is late' | 'anything may happen'

export const FAMILIES: readonly Family[] = ['nothing is late', 'anything may happen']

type DeedKind = 'ask' | 'crash' | 'start' | 'pause' | 'resume' | 'isolate' | 'split' | 'heal' | 'lose'

export interface Deed {
  /** How long after the deed before it. */
  readonly afterMs: number
  readonly kind: DeedKind
  /** A place among the nodes. */
  readonly node: number
  /** For whatever else the deed decides, so that one that is left out changes nothing in the others. */
  readonly seed: number
}

/** How many deeds a schedule has. */
const DEEDS = 14

/** Short steps strike between two messages, long ones let time-outs pass. */
const SHORT_MS = 30
const LONG_MS = 900

export function drawSchedule(seed: number, nodes: number, family: Family, { crashes }: Trouble): Deed[] {
  const random = randomFromSeed(seed)
  const kinds = kindsOf(family, crashes)
  return Array.from({ length: DEEDS }, () => ({
    afterMs: random.below(random.chance(1, 4) ? LONG_MS : SHORT_MS),
    kind: kinds[random.below(kinds.length)]!,
    node: random.below(nodes),
    seed: random.uint32(),
  }))
}

function kindsOf(family: Family, crashes: boolean): DeedKind[] {
  const asks: DeedKind[] = ['ask', 'ask', 'ask', 'ask']
  const deaths: DeedKind[] = crashes ? ['crash', 'start', 'start'] : []
  if (family === 'nothing is late') return [...asks, ...deaths]
  const pauses: DeedKind[] = crashes ? ['pause', 'resume'] : []
  return [...asks, ...deaths, ...pauses, 'isolate', 'split', 'heal', 'lose']
}

/** A schedule as something that can be played: in the end all is healed, and given time to come to rest. */
export function playOf(deeds: readonly Deed[], family: Family, { settleMs }: Trouble): Play<Subject> {
  return {
    name: 'a random schedule',
    teaches: `${deeds.length} steps of a schedule in which ${family}`,
    isLate: family === 'anything may happen',
    play: subject => {
      for (const deed of deeds) {
        subject.stage.pass(deed.afterMs)
        carryOut(deed, subject, randomFromSeed(deed.seed))
      }
      subject.stage.pass(SHORT_MS)
      subject.stage.healAll()
      subject.stage.pass(settleMs)
    },
  }
}

/** A deed that finds nothing to do does nothing: so every part of a schedule is a schedule. */
function carryOut({ kind, node }: Deed, subject: Subject, random: Random): void {
  const { stage } = subject
  const id = stage.ids[node]!
  switch (kind) {
    case 'ask':
      return subject.ask(random)
    case 'isolate':
      return stage.isolate(id)
    case 'split':
      return stage.split(1 + random.below(Math.max(1, stage.ids.length - 1)))
    case 'heal':
      return stage.isNetworkWhole ? undefined : stage.healNetwork()
    case 'lose':
      return stage.loseSome(10 + random.below(3) * 10)
    default:
      stage[kind](id)
  }
}
