#!/usr/bin/env node
/**
 * Makes a clone ready to run: installs what the lock file names and builds `dist/`, each only if something
 * changed since. `npm start` and `npm test` begin with it, so that a fresh clone needs no other command.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function run(what, command, args) {
  process.stderr.write(`${what} ...\n`)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) return
  process.stderr.write(`${what} failed${error ? `: ${error.message}` : ''}\n`)
  process.exit(1)
}

/** Newest modification below a path, in milliseconds; 0 if it does not exist. */
function newest(path) {
  if (!existsSync(path)) return 0
  const own = statSync(path)
  if (!own.isDirectory()) return own.mtimeMs
  return Math.max(own.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

const modified = path => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0)

if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  run('installing', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}
const sources = Math.max(
  newest(join(root, 'src')),
  modified('scripts/build.mjs'),
  modified('tsconfig.build.json'),
  modified('tsconfig.base.json'),
)
if (modified('dist/.built') < sources) run('building', process.execPath, [join(root, 'scripts/build.mjs')])
