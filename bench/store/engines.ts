/** Loads one engine and none of the others, so that a process holds only what is measured in it. */
import type { EngineKind } from './engine.ts'
import type { EngineName } from './engine-names.ts'

export async function engineKind(name: EngineName): Promise<EngineKind> {
  switch (name) {
    case 'lmdb':
      return (await import('./lmdb-engine.ts')).lmdb
    case 'lmdb-writemap':
      return (await import('./lmdb-engine.ts')).lmdbWritemap
    case 'classic-level':
      return (await import('./classic-level-engine.ts')).classicLevel
    case 'quorate':
      return (await import('./quorate-engine.ts')).quorate
    case 'quorate-large-cache':
      return (await import('./quorate-engine.ts')).quorateLargeCache
  }
}
