#!/usr/bin/env node
/**
 * Compiles `src/` into a fresh `dist/`; then joins the modules of the program, and of its thread, to a few files in
 * `dist/program/`, because finding and linking 400 files is half of what a start costs before the node does anything.
 * Packages stay where npm has put them. The marker says that all of it is complete.
 */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const compiler = join(root, 'node_modules/typescript/bin/tsc')

rmSync(dist, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
// What does not check has been compiled all the same: it can be tried, but is not complete.
await build({
  // Both in one folder: what finds its neighbours by its own place finds them there too.
  entryPoints: { main: join(dist, 'cli/main.js'), 'jobs-thread': join(dist, 'server/jobs-thread.js') },
  outdir: join(dist, 'program'),
  bundle: true,
  splitting: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
})
if (status === 0) writeFileSync(join(dist, '.built'), '')
process.exit(status ?? 1)
