/** A module of ours as JavaScript: a thread of a test has nobody who compiles it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const SOURCE = join(ROOT, 'src')

export interface Compiled {
  readonly module: URL
  remove(): void
}

/** Compiles a module of `src/`, and what it imports, into a directory of its own. Packages are not found from there. */
export function compile(module: URL): Compiled {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-compiled-'))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const options = ['--ignoreConfig', '--noCheck', '--target', 'ES2023', '--module', 'NodeNext']
  const paths = ['--rewriteRelativeImportExtensions', '--rootDir', SOURCE, '--outDir', directory]
  const path = fileURLToPath(module)
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, ...paths, path], {
    cwd: ROOT,
  })
  if (status !== 0) throw new Error(`${path} cannot be compiled: ${stdout}`)
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  return {
    module: pathToFileURL(join(directory, relative(SOURCE, path).replace(/\.ts$/, '.js'))),
    remove: () => rmSync(directory, { recursive: true }),
  }
}
