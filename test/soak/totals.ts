/** What many runs came to together. */
import type { ProbeName } from '../../src/core/seams.ts'
import type { ProtocolName } from '../../src/protocols/protocols.ts'
import { FAULT_CLASS_IDS } from '../../src/sim/faults/fault-classes.ts'
import { FaultCounts } from '../../src/sim/faults/fault-counts.ts'
import { awaitedProbes, shortfallsOf } from '../../src/sim/run/bars.ts'

/** A line of `quorate sim --json`. */
export interface RunLine {
  readonly seed: number
  readonly digest: string
  readonly verdict: string
  readonly problems: readonly string[]
  readonly isUndecided: boolean
  readonly virtualMs: number
  readonly events: number
  readonly operations: number
  readonly cpuMs: number
  readonly faults: Readonly<Record<string, number>>
  readonly probes: Readonly<Record<string, number>>
}

export class Totals {
  seeds = 0
  undecided = 0
  virtualMs = 0
  events = 0
  operations = 0
  cpuMs = 0
  readonly bad: { readonly seed: number; readonly verdict: string; readonly problem: string }[] = []
  readonly faults: Record<string, number> = {}
  readonly probes: Record<string, number> = {}

  add(run: RunLine): void {
    this.seeds++
    if (run.isUndecided) this.undecided++
    this.virtualMs += run.virtualMs
    this.events += run.events
    this.operations += run.operations
    this.cpuMs += run.cpuMs
    addCounts(this.faults, run.faults)
    addCounts(this.probes, run.probes)
    const { seed, verdict, problems } = run
    if (verdict !== 'good') this.bad.push({ seed, verdict, problem: problems[0] ?? '' })
  }

  /** What all of them together tried too little of, a sentence each: a part of a campaign is too small to tell. */
  shortfalls(consensus: ProtocolName): string[] {
    if (this.seeds === 0) return ['no seed was run']
    const faults = new FaultCounts()
    for (const id of FAULT_CLASS_IDS) faults.add(id, this.faults[id] ?? 0)
    const probes = new Map<ProbeName, number>(
      awaitedProbes(consensus).map(name => [name, this.probes[name] ?? 0]),
    )
    return shortfallsOf({ seeds: this.seeds, faults, probes })
  }

  /** In a line, for people. */
  describe(): string {
    const hours = (this.virtualMs / 3_600_000).toFixed(1)
    const perSeed = this.seeds === 0 ? 0 : this.cpuMs / 1000 / this.seeds
    return [
      `${this.seeds} seeds, ${this.bad.length} bad, ${hours} virtual hours, ${this.events} events`,
      `${this.operations} operations checked, ${this.undecided} histories undecided`,
      `${perSeed.toFixed(2)} s of processor a seed`,
    ].join(', ')
  }
}

function addCounts(to: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, times] of Object.entries(counts)) to[name] = (to[name] ?? 0) + times
}
