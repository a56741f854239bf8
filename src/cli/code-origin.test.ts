import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { codeOrigin } from './code-origin.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

let root: string

beforeEach(() => {
  root = mkdtempSync(`${tmpdir()}/quorate-origin-`)
  write('package.json', '{"version":"1.2.3"}')
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function write(path: string, text: string): void {
  mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true })
  writeFileSync(`${root}/${path}`, text)
}

test('of a package that was installed it is its version', () => {
  expect(codeOrigin(root)).toBe('version 1.2.3')
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['a branch', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${COMMIT}\n` }],
  ['no branch', { '.git/HEAD': `${COMMIT}\n` }],
  [
    'a branch that was packed',
    {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs\n${'f'.repeat(40)} refs/heads/other\n${COMMIT} refs/heads/main\n`,
    },
  ],
  [
    'another working tree',
    {
      '.git': 'gitdir: main/.git/worktrees/other\n',
      'main/.git/worktrees/other/HEAD': 'ref: refs/heads/other\n',
      'main/.git/worktrees/other/commondir': '../..\n',
      'main/.git/refs/heads/other': `${COMMIT}\n`,
    },
  ],
])('of a checkout it is the commit: %s', (_, files) => {
  for (const [path, text] of Object.entries(files)) write(path, text)
  expect(codeOrigin(root)).toBe(`commit ${COMMIT}`)
})

test('a repository without commits has none', () => {
  write('.git/HEAD', 'ref: refs/heads/main\n')
  expect(codeOrigin(root)).toBe('version 1.2.3')
})
