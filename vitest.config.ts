import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Examples import what users install; here it is what stands in the tree.
  resolve: {
    alias: [
      { find: 'quorate/sim', replacement: fileURLToPath(new URL('src/sim/public.ts', import.meta.url)) },
      {
        find: /^quorate\/protocols\/([a-z-]+)$/,
        replacement: fileURLToPath(new URL('src/protocols/$1/index.ts', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
