/** Two runs that should be the same, and are not: where they part. */

export interface Divergence {
  readonly seed: number
  /** Counted from 0: how many events are the same. Undefined if these two runs were the same again. */
  readonly event: number | undefined
  /** The first event that differs, in each of the two; undefined where there is none. */
  readonly one: string | undefined
  readonly other: string | undefined
}

/** Runs it twice more, and remembers every event of the first. */
export async function findDivergence(
  seed: number,
  run: (options: { readonly trace: (line: string) => void }) => Promise<unknown>,
): Promise<Divergence> {
  const lines: string[] = []
  await run({ trace: line => lines.push(line) })
  let at = 0
  let found: Pick<Divergence, 'event' | 'one' | 'other'> | undefined
  await run({
    trace: line => {
      if (found === undefined && line !== lines[at]) found = { event: at, one: lines[at], other: line }
      at++
    },
  })
  if (found === undefined && at < lines.length) found = { event: at, one: lines[at], other: undefined }
  return { seed, ...(found ?? { event: undefined, one: undefined, other: undefined }) }
}

/** In a few lines. */
export function describeDivergence({ seed, event, one, other }: Divergence): string {
  if (event === undefined) return `seed ${seed} gave two digests once, and the same one when it was looked at`
  return [
    `seed ${seed} is not the same twice: ${event} events are, and then`,
    `  once:  ${one ?? 'nothing'}`,
    `  again: ${other ?? 'nothing'}`,
  ].join('\n')
}
