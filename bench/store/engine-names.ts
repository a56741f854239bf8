/** The engines by the names that the command line takes. */
export const ENGINE_NAMES = [
  'lmdb',
  'lmdb-writemap',
  'classic-level',
  'quorate',
  'quorate-large-cache',
] as const

export type EngineName = (typeof ENGINE_NAMES)[number]
