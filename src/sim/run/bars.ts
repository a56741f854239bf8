/**
 * What runs and campaigns must have come to, lest their silence be taken for a proof: that nothing was found where
 * nothing was tried says nothing.
 */
import { PROBES, type ProbeName } from '../../core/seams.ts'
import { PROTOCOL_NAMES, type ProtocolName } from '../../protocols/protocols.ts'
import { FAULT_CLASS_IDS, faultClassLabel } from '../faults/fault-classes.ts'
import type { CampaignSummary } from './campaign.ts'
import type { RunResult } from './run-result.ts'

/** Of every run that was drawn, and not made smaller since. */
const RUN_VIRTUAL_MS_MIN = 60_000
const RUN_OPERATIONS_MIN = 500
const RUN_CLASSES_MIN = 3

/** Of ten seeds, every class has one effect: 1,000 in 10,000. */
const SEEDS_PER_EFFECT = 10

/** Smaller campaigns may miss a class by chance. */
const SEEDS_FOR_CLASSES = 200

/** Smaller ones may miss a situation that is rare. */
const SEEDS_FOR_PROBES = 1_000

/** What is missing in the run of a seed, in a sentence; undefined if nothing is. */
export function shortfallOfRun({ seed, virtualMs, operations, faults }: RunResult): string | undefined {
  const classes = faults.fired.length
  const missing = [
    ...(virtualMs < RUN_VIRTUAL_MS_MIN ? [`it took ${virtualMs} virtual milliseconds`] : []),
    ...(operations < RUN_OPERATIONS_MIN ? [`it checked ${operations} operations`] : []),
    ...(classes < RUN_CLASSES_MIN ? [`${classes} classes of faults had an effect`] : []),
  ]
  return missing.length === 0 ? undefined : `seed ${seed} shows too little: ${missing.join(', ')}`
}

/** What is missing in all of a campaign, a sentence each. */
export function shortfallsOf({
  seeds,
  faults,
  probes,
}: Pick<CampaignSummary, 'seeds' | 'faults' | 'probes'>): string[] {
  const effects = Math.floor(seeds / SEEDS_PER_EFFECT)
  const rare = seeds < SEEDS_FOR_CLASSES ? [] : FAULT_CLASS_IDS.filter(id => faults.of(id) < effects)
  const unmet = seeds < SEEDS_FOR_PROBES ? [] : [...probes].filter(([, times]) => times === 0)
  return [
    ...rare.map(
      id =>
        `${faultClassLabel(id)} had ${faults.of(id)} effects in ${seeds} seeds, where ${effects} are asked for`,
    ),
    ...unmet.map(([name]) => `in ${seeds} seeds this never came about: ${name}`),
  ]
}

/** The rare situations that a campaign can meet whose members run this protocol. */
export function awaitedProbes(consensus: ProtocolName = 'raft'): readonly ProbeName[] {
  const others = PROTOCOL_NAMES.filter(name => name !== consensus)
  return PROBES.filter(probe => !others.some(name => probe.startsWith(`${name}: `)))
}
