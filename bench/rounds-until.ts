/** What a bench does over and over while it waits for something else. */

/**
 * Begins round after round until `awaited` has come about, or fails. Ends when neither is under way any more, unless a
 * round fails: then at once.
 *
 * @returns what was awaited, and what each round came to, at least one
 */
export async function roundsUntil<Value, Round>(
  awaited: Promise<Value>,
  round: () => Promise<Round>,
): Promise<readonly [Value, readonly Round[]]> {
  let isOver = false
  const over = awaited.finally(() => {
    isOver = true
  })
  // It may fail in the middle of a round, or after one that failed: nobody waits for it then.
  over.catch(() => {})
  const rounds: Round[] = []
  do rounds.push(await round())
  while (!isOver)
  return [await over, rounds]
}
