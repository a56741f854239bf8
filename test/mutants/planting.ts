/**
 * Puts a mutant into a module while it is loaded. Which one, the environment says: `MUTANT` is the core's name and the
 * mutant's, with a colon between them.
 */
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { CORES } from './cores.ts'
import type { Mutant, MutatedCore } from './mutant.ts'

export function planting(): Plugin {
  const planted = wanted()
  return {
    name: 'quorate-mutant',
    enforce: 'pre',
    transform: (code, id) => {
      if (planted === undefined || id !== pathOf(planted.core, planted.mutant)) return undefined
      return { code: plantedIn(code, planted.mutant), map: null }
    },
  }
}

export function plantedIn(code: string, { name, find, by }: Mutant): string {
  const parts = code.split(find)
  if (parts.length !== 2) throw new Error(`"${name}": its place stands ${parts.length - 1} times, not once`)
  return parts.join(by)
}

export function pathOf(core: MutatedCore, mutant: Mutant): string {
  return fileURLToPath(new URL(`../../${core.folder}/${mutant.file}`, import.meta.url))
}

function wanted(): { readonly core: MutatedCore; readonly mutant: Mutant } | undefined {
  const [coreName, mutantName] = process.env['MUTANT']?.split(':') ?? []
  if (coreName === undefined) return undefined
  const core = CORES.find(({ name }) => name === coreName)
  const mutant = core?.mutants.find(({ name }) => name === mutantName)
  if (core === undefined || mutant === undefined)
    throw new Error(`there is no mutant ${coreName}:${mutantName}`)
  return { core, mutant }
}
