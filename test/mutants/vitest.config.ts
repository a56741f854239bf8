import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { planting } from './planting.ts'

/**
 * The tests of one core, with one mutant in it: `mutants.ts` says which. No test fails by its time alone, which a busy
 * machine would take for a mutant that was noticed; `mutants.ts` ends what takes too long, and says so.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [planting()],
  test: { include: ['src/**/*.test.ts'], testTimeout: 0, maxWorkers: 1, bail: 1 },
})
