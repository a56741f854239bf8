/** The tables that the bench prints. */
import { figure, markdownTable, median } from '../figures.ts'
import type { EngineName } from './engine-names.ts'
import type { Judgement } from './power-loss.ts'
import { ABSOLUTE_BARS, FIGURES, type Figure, RATIO_BARS } from './store-figures.ts'
import { OUTCOMES } from './tasks.ts'

/** By engine and figure; one value for each round, or more. */
export type Measured = Map<string, number[]>

export function figuresTable(engines: readonly EngineName[], measured: Measured): string {
  const rows = FIGURES.map(name => {
    const medianOf = (engine: EngineName): number | undefined => {
      const values = measured.get(`${engine} ${name}`)
      return values === undefined ? undefined : median(values)
    }
    const cells = engines.map(engine => figure(medianOf(engine) ?? Number.NaN))
    return [name, ...cells, ...verdict(name, medianOf('lmdb'), medianOf('quorate'))]
  })
  return markdownTable(['', ...engines, 'quorate to lmdb', 'bar'], rows)
}

/** How many times as good as LMDB we are, and what we ask of ourselves. */
function verdict(name: Figure, theirs: number | undefined, ours: number | undefined): string[] {
  if (ours === undefined) return ['', '']
  const absolute = ABSOLUTE_BARS[name]
  const ratio = theirs === undefined ? undefined : theirs / ours
  const times = ratio === undefined || !Number.isFinite(ratio) ? '' : `${figure(ratio)}x`
  if (absolute !== undefined) return [times, `at most ${absolute}: ${ours <= absolute ? 'met' : 'missed'}`]
  const bar = RATIO_BARS[name]
  if (bar === undefined || ratio === undefined) return [times, '']
  return [times, `${bar}x: ${ratio >= bar ? 'met' : 'missed'}`]
}

export function outcomesTable(
  engines: readonly EngineName[],
  judgements: ReadonlyMap<EngineName, readonly Judgement[]>,
): string {
  const rows = OUTCOMES.map(outcome => [
    outcome,
    ...engines.map(engine =>
      String(judgements.get(engine)?.filter(one => one.outcome === outcome).length ?? 0),
    ),
  ])
  return markdownTable(['un-synced pages lost', ...engines], rows)
}
