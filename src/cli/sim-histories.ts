/** `quorate sim --histories DIRECTORY`: what the clients of each run asked and were told, a few files a seed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { QuorateError } from '../core/errors.ts'
import { makeDirectory } from '../runtime/node/make-directory.ts'
import { filesOf, type RunHistories } from '../sim/index.ts'
import { SimErrors } from './sim-command.ts'

/** Makes the directory; gives what writes into it. */
export function historyWriter(directory: string): (histories: RunHistories, seed: number) => void {
  refusing(() => makeDirectory(directory))
  return (histories, seed) => {
    for (const [name, text] of filesOf(histories)) {
      refusing(() => writeFileSync(join(directory, `${seed}.${name}`), text))
    }
  }
}

function refusing(write: () => void): void {
  try {
    write()
  } catch (error) {
    const message = `the histories cannot be written: ${(error as Error).message}`
    throw new QuorateError(SimErrors.histories, message, 'refused', {
      hint: 'name a directory that can be written to',
      cause: error,
    })
  }
}
