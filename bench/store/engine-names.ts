/** The engines by the names that the command line takes. */
export const ENGINE_NAMES = [
  'lmdb',
  'lmdb-writemap',
  'classic-level',
  'quorate',
  'quorate-large-cache',
] as const

export type EngineName = (typeof ENGINE_NAMES)[number]

/** @throws Error for a name that is none */
export function engineName(name: string): EngineName {
  const found = ENGINE_NAMES.find(known => known === name)
  if (found === undefined) throw new Error(`no engine ${name}: there are ${ENGINE_NAMES.join(', ')}`)
  return found
}
