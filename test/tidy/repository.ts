/** The files that the rules look at: what git knows or would take, or, without git, what lies there. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SourceFile } from './source-file.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Never ours, and too large to look at. */
const FOREIGN = new Set(['node_modules', 'dist', '.git', 'data', 'coverage'])

const TEXT = /\.([cm]?[jt]sx?|json|md|txt|html|css|svg|yml|yaml|proto|sh)$|^(LICENSE|\.gitignore)$/

/** Whether the rules look at a file. */
export function isText(path: string): boolean {
  return TEXT.test(path)
}

/** Every text file of the repository. */
export function readRepository(): SourceFile[] {
  return listFiles()
    .filter(isText)
    .sort()
    .map(path => new SourceFile(path, readFileSync(join(ROOT, path), 'utf8')))
}

function listFiles(): string[] {
  try {
    const arguments_ = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const listed = execFileSync('git', arguments_, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' })
    return listed.split('\0').filter(path => path !== '' && isFile(path))
  } catch {
    return walk(ROOT)
  }
}

function isFile(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() ?? false
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : walk(path)
    return [relative(ROOT, path).split(sep).join('/')]
  })
}
