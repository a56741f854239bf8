import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that start processes of their own, or watch the clock on the wall: one file at a time, the machine theirs. */
const PROCESSES = [
  'bench/options.test.ts',
  'test/cli/**/*.test.ts',
  'test/durability/**/*.test.ts',
  'test/interop/**/*.test.ts',
  'test/package/**/*.test.ts',
  'test/soak/**/*.test.ts',
  'src/runtime/node/**/*.test.ts',
]

/** Of these, unchanged, on Multi-Paxos too: a client of etcd's, and what nodes promise whoever kills or stops them. */
const PROCESSES_ON_PAXOS = [
  'test/interop/etcdctl.test.ts',
  'test/durability/graceful-stop.test.ts',
  'test/durability/kill-and-pause.test.ts',
]

/** How many files of the others run at once: each keeps a core busy. */
const WORKERS = 2

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
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'code',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PROCESSES],
          maxWorkers: WORKERS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'processes', include: PROCESSES, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          name: 'processes on Multi-Paxos',
          include: PROCESSES_ON_PAXOS,
          env: { ETCD_CONSENSUS: 'paxos' },
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
