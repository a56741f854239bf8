/** `quorate sim --bug NAME`, of a bug that is hunted among bare cores: until it is found. */
import type { BugName, CoreGround } from '../sim/index.ts'
import { tryCores } from '../sim/index.ts'
import { codeOrigin } from './code-origin.ts'
import { ExitCode } from './exit-codes.ts'
import { print } from './output.ts'
import type { SimFlags } from './sim-command.ts'
import type { SimWatch } from './sim-watch.ts'
import { VERDICT_STATUS } from './verdict-status.ts'

/** Resolves to the exit status. */
export async function huntCores(
  bug: BugName,
  ground: CoreGround,
  seeds: Iterable<number>,
  { trace, json }: SimFlags,
  watch: SimWatch,
  isOver: () => boolean,
): Promise<number> {
  let count = 0
  for (const seed of seeds) {
    if (isOver()) break
    watch.begin(`seed ${seed}`)
    count++
    const found = tryCores(ground, seed, { bug, ...(trace === true && { trace: print }) })
    if (found === undefined) continue
    if (json === true)
      print(JSON.stringify({ seed, bug, verdict: 'correctness', problems: [found.sentence] }))
    else {
      print(`seed ${seed}: correctness`)
      print(`  ${found.sentence}`)
      print(`${codeOrigin()}; seeds tried: ${count}`)
      print(`repeat it with: quorate sim --seed ${seed} --bug ${bug}`)
    }
    return VERDICT_STATUS.correctness
  }
  if (json !== true) print(`${bug} was not found in ${count} seeds`)
  return ExitCode.ok
}
