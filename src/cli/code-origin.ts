/** Which code it is that runs: for whoever has to repeat what it did. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** `commit 0123...` of the checkout that the program stands in; `version 1.2.3` of the package if it is none. */
export function codeOrigin(root: string = ROOT): string {
  const commit = commitOf(resolve(root, '.git'))
  if (commit !== undefined) return `commit ${commit}`
  const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string }
  return `version ${version}`
}

/** As git keeps it, without asking git, which may not be there. */
function commitOf(path: string): string | undefined {
  const directory = directoryOf(path)
  const head = directory && textOf(resolve(directory, 'HEAD'))
  if (head === undefined) return undefined
  const branch = /^ref: (.+)$/.exec(head)?.[1]
  if (branch === undefined) return head
  // The branches of a working tree that is not the first one are those of the first one.
  const common = resolve(directory!, textOf(resolve(directory!, 'commondir')) ?? '.')
  return textOf(resolve(common, branch)) ?? packed(textOf(resolve(common, 'packed-refs')) ?? '', branch)
}

/** In a working tree that is not the first one, `.git` is a file that says where. */
function directoryOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  if (statSync(path).isDirectory()) return path
  const elsewhere = /^gitdir: (.+)$/.exec(textOf(path) ?? '')?.[1]
  return elsewhere === undefined ? undefined : resolve(path, '..', elsewhere)
}

function packed(lines: string, branch: string): string | undefined {
  return lines
    .split('\n')
    .map(line => line.split(' '))
    .find(([, name]) => name === branch)?.[0]
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}
