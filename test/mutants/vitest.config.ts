import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { planting } from './planting.ts'

/** The tests of one core, with one mutant in it: `mutants.ts` says which. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [planting()],
  test: { include: ['src/**/*.test.ts'], testTimeout: 30_000, maxWorkers: 1, bail: 1 },
})
