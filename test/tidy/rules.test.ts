/** Every rule, shown that it can fail, and that it lets pass what it should. */
import { expect, test } from 'vitest'
import { checkFloors, importsOf } from './floors.ts'
import { checkComments, checkLines, checkName, checkWords } from './hygiene.ts'
import { checkErrorCodes, checkLinks, checkLockFile, checkPrivacy } from './prose.ts'
import { checkPurity } from './purity.ts'
import { isText } from './repository.ts'
import { checkTests } from './running.ts'
import { checkOpening, checkSeams } from './seams.ts'
import { type Finding, formatFinding, SourceFile } from './source-file.ts'

const file = (path: string, text: string) => new SourceFile(path, text)
const shown = (findings: Finding[]) => findings.map(formatFinding)
const lines = (findings: Finding[]) => findings.map(finding => finding.line)

test('every form of import is seen, types included', () => {
  const source = [
    "import { a } from './a.ts'",
    "import type { B } from './b.ts'",
    "import './c.ts'",
    "export * from './d.ts'",
    "export { type E } from './e.ts'",
    "const f = import('./f.ts')",
    "type G = import('./g.ts').G",
    "// import './h.ts'",
    "const i = 'from' + './i.ts'",
  ].join('\n')
  const letters = importsOf(file('src/core/x.ts', source)).map(({ specifier }) => specifier[2])
  expect(letters).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})

test('a floor may use what is below, not what is above or beside', () => {
  const climb = (path: string, from: string) =>
    checkFloors(file(path, `import type { X } from '${from}'`)).length
  expect(climb('src/core/a.ts', '../runtime/clock.ts')).toBe(1)
  expect(climb('src/protocols/raft/a.ts', '../../core/ids.ts')).toBe(0)
  expect(climb('src/protocols/raft/a.ts', '../consensus.ts')).toBe(0)
  expect(climb('src/protocols/raft/a.ts', '../../runtime/clock.ts')).toBe(1)
  expect(climb('src/protocols/raft/a.ts', '../../wire/frame/a.ts')).toBe(1)
  expect(climb('src/machines/kv/a.ts', '../../runtime/store.ts')).toBe(0)
  expect(climb('src/machines/kv/a.ts', '../../runtime/node/disk.ts')).toBe(1)
  expect(climb('src/storage/log/a.ts', '../../protocols/consensus.ts')).toBe(1)
  expect(climb('src/client/a.ts', '../services/etcd/a.ts')).toBe(1)
  expect(climb('src/server/a.ts', '../runtime/node/index.ts')).toBe(0)
  expect(climb('src/sim/a.ts', '../server/a.ts')).toBe(0)
  expect(climb('src/sim/a.ts', '../runtime/node/disk.ts')).toBe(1)
  expect(climb('src/server/a.ts', '../sim/a.ts')).toBe(1)
  expect(climb('src/index.ts', './client/index.ts')).toBe(0)
  expect(climb('src/core/a.ts', '../../test/tidy/floors.ts')).toBe(1)
  expect(climb('src/core/a.ts', './b')).toBe(1)
  expect(climb('src/core/a.ts', './b.test.ts')).toBe(1)
  expect(climb('src/attic/a.ts', './b.ts')).toBe(1)
  expect(climb('src/core/a.test.ts', '../runtime/clock.ts')).toBe(0)
})

test('the platform and packages come in where the table says', () => {
  const foreign = (path: string, from: string) =>
    checkFloors(file(path, `import { x } from '${from}'`)).length
  expect(foreign('src/runtime/node/a.ts', 'node:fs')).toBe(0)
  expect(foreign('src/server/a.ts', 'node:fs')).toBe(1)
  expect(foreign('src/sim/a.ts', 'node:crypto')).toBe(1)
  expect(foreign('src/cli/a.ts', 'node:process')).toBe(0)
  expect(foreign('src/cli/a.ts', 'node:net')).toBe(1)
  expect(foreign('src/runtime/node/a.ts', 'pino')).toBe(0)
  expect(foreign('src/services/etcd/a.ts', 'pino')).toBe(1)
  expect(foreign('src/server/a.ts', 'zod/v4')).toBe(0)
  expect(foreign('src/runtime/node/a.ts', '@node-rs/crc32')).toBe(0)
})

test('a floor violation names the file, the line and the reason', () => {
  const source = "import { a } from './a.ts'\nimport { b } from '../server/b.ts'\n"
  expect(shown(checkFloors(file('src/wire/x.ts', source)))).toEqual([
    'src/wire/x.ts:2 wire/ may not import from server/: ../server/b.ts',
  ])
})

test('pure floors do not wait', () => {
  const bad = 'export async function f() {\n  await g()\n}\nlet p: Promise<void>\n'
  expect(lines(checkPurity(file('src/storage/x.ts', bad)))).toEqual([1, 2, 4])
  expect(checkPurity(file('src/client/x.ts', bad))).toEqual([])
  expect(checkPurity(file('src/sim/x.ts', bad))).toEqual([])
  expect(checkPurity(file('src/storage/x.test.ts', bad))).toEqual([])
})

test('pure floors and the simulator reach for nothing ambient', () => {
  for (const word of [
    'Date.now()',
    'new Date()',
    'setTimeout(f, 1)',
    'console.log(1)',
    'Buffer.from(x)',
    'process.pid',
  ]) {
    expect(checkPurity(file('src/core/x.ts', `f(${word})`)).length).toBe(1)
    expect(checkPurity(file('src/sim/x.ts', `f(${word})`)).length).toBe(1)
    expect(checkPurity(file('src/runtime/node/x.ts', `f(${word})`))).toEqual([])
  }
  for (const call of ['Math.random()', 'Math.exp(1)', 'Math.pow(2, 3)', 'a.localeCompare(b)']) {
    expect(checkPurity(file('src/wire/x.ts', `x = ${call}`)).length).toBe(1)
  }
})

test('a word before parentheses names a method only if a body or a type follows', () => {
  const found = (source: string) => lines(checkPurity(file('src/core/x.ts', source))).length
  for (const bad of [
    'f(a, async () => 1)',
    'f(a, async (): number => 1)',
    'f({ a, async m() {} })',
    'function f() { await (g) }',
    'function f() {\n  setTimeout(g, 1)\n}',
    'function f() {\n  setTimeout(g, 1)\n  {\n  }\n}',
    'function f() { queueMicrotask(g) }',
    'f(a, fetch(b))',
    'f(a); fetch(b)',
    'function f(async: boolean) { g(async () => 1) }',
  ]) {
    expect(found(bad), bad).toBe(1)
  }
  for (const good of [
    'f({ a, async () {} })',
    'f({ fetch(a: (b: number) => void) {} })',
    'interface A { a: 1; fetch(b: C): void }',
    'f({ async: true, await: 1 })',
    'class A { readonly process: B }',
  ]) {
    expect(found(good), good).toBe(0)
  }
})

test('the server and the client may wait, and are given the rest as arguments', () => {
  for (const room of ['server', 'client', 'sim']) {
    const found = (source: string) => checkPurity(file(`src/${room}/x.ts`, source)).length
    for (const word of [
      'setTimeout(f, 1)',
      'Date.now()',
      'Math.random()',
      'process.pid',
      'fetch(a)',
      'Buffer.from(b)',
    ])
      expect(found(`f(${word})`), `${room} ${word}`).toBe(1)
    expect(found('queueMicrotask(f)'), room).toBe(1)
    expect(found('async function f(): Promise<void> { await g() }'), room).toBe(0)
  }
  expect(
    checkPurity(file('src/server/node-url.ts', 'new URL(a)\nDate.now()')).map(found => found.line),
  ).toEqual([2])
  expect(checkPurity(file('src/server/node.ts', 'new URL(a)')).length).toBe(1)
})

test("a name is a file's own where it is declared, and nowhere else", () => {
  const found = (...source: string[]) => lines(checkPurity(file('src/core/x.ts', source.join('\n'))))
  expect(found('function f(process: P) {', '  return process.pid', '}', 'process.exit()')).toEqual([4])
  expect(found('const f = (a: A, process: P): { b: B } => process.pid', 'process.exit()')).toEqual([2])
  expect(found('const f = (process: P): Q => {', '  g(process)', '}', 'h(process)')).toEqual([4])
  expect(found('function f(process: P): { a: 1 } | { b: 2 } {', '  g(process)', '}', 'h(process)')).toEqual([
    4,
  ])
  expect(found('type F = (process: P) => void', 'f(process)')).toEqual([2])
  expect(found('interface A {', '  f(process: P): void', '}', 'class B {', '  #p = process', '}')).toEqual([
    5,
  ])
  expect(found('for (const process of all) {', '  f(process)', '}', 'g(process)')).toEqual([4])
  expect(found('function f() {', '  const process = g()', '  h(process)', '}', 'h(process)')).toEqual([5])
  expect(found('f({ a, process: 1 })', 'process.exit()')).toEqual([2])
  expect(found('f({ a, process: 1,', 'b: process })')).toEqual([2])
  expect(found('const fetch = 1', 'function f() {', '  return g(fetch)', '}')).toEqual([])
})

test('luck and code made of text are found by whatever way they come', () => {
  for (const bad of [
    'x = Math["random"]()',
    'const { random } = Math',
    'f(Math)',
    'new Function(a)',
    'global.process',
  ]) {
    expect(checkPurity(file('src/wire/x.ts', bad)).length, bad).toBe(1)
  }
  expect(checkPurity(file('src/wire/x.ts', 'a.Math[0]\nMath.floor(1)'))).toEqual([])
})

test('names, comments and strings that look ambient pass', () => {
  const good =
    "// Date\nconst a = 'Promise'\nx.process()\ntype T = { process: number; console(): void }\nMath.floor(y.log(1))\nconst fetch = 1\nf(fetch)\n"
  expect(checkPurity(file('src/core/x.ts', good))).toEqual([])
})

test('production code imports nothing that is for tests', () => {
  const found = (path: string, from: string) => checkFloors(file(path, `import { x } from '${from}'`)).length
  expect(found('src/services/etcd/a.ts', './testing/world.ts')).toBe(1)
  expect(found('src/server/a.ts', '../services/etcd/testing/world.ts')).toBe(1)
  expect(found('src/services/etcd/a.test.ts', './testing/world.ts')).toBe(0)
  expect(found('src/services/etcd/testing/a.ts', './world.ts')).toBe(0)
  expect(found('src/services/etcd/testing/a.ts', '../b.ts')).toBe(0)
})

test('imports that are not written out are found', () => {
  const found = (source: string) => checkFloors(file('src/runtime/node/x.ts', source)).length
  for (const bad of [
    "import x = require('./a.ts')",
    "const x = require('./a.ts')",
    'const x = await import(`./a.ts`)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source has the template
    'const x = await import(`./${a}.ts`)',
    'const x = await import(name)',
    "const x = await import('./a.ts' + b)",
  ]) {
    expect(found(bad), bad).toBeGreaterThan(0)
  }
  expect(found("const x = await import('./a.ts')\nimport.meta.url\na.require(b)\na.import(b)")).toBe(0)
})

test('source that other rules would not look at is found', () => {
  for (const end of ['mts', 'cts', 'tsx', 'js', 'mjs', 'cjs', 'jsx']) {
    expect(checkName(file(`src/core/x.${end}`, '')).length, end).toBe(1)
    expect(isText(`src/core/x.${end}`), end).toBe(true)
  }
  expect(checkName(file('src/core/x.ts', ''))).toEqual([])
  expect(checkName(file('bench/x.mjs', ''))).toEqual([])
})

test('names say something, in kebab-case', () => {
  expect(checkName(file('src/core/readIndex.ts', '')).length).toBe(1)
  expect(checkName(file('src/core/string-utils.ts', '')).length).toBe(1)
  expect(checkName(file('src/common/x.ts', '')).length).toBe(1)
  expect(checkName(file('src/core/read-index.conformance.test.ts', ''))).toEqual([])
})

test('default exports, any and leftovers are found', () => {
  const bad = 'export default 1\nlet a: any\nlet b = c as any\nf<any>()\n// TO' + 'DO: later\n'
  expect(lines(checkWords(file('src/core/x.ts', bad)))).toEqual([1, 2, 3, 4, 5])
  expect(checkWords(file('src/core/x.ts', "fc.any()\nconst a = 'any' // any of them\n"))).toEqual([])
  expect(checkWords(file('vitest.config.ts', 'export default 1'))).toEqual([])
})

test('leftovers in small letters, directives, enums and namespaces are found', () => {
  for (const bad of [
    '// to' + 'do: later',
    '/* fix' + 'me */',
    '/// <reference types="node" />',
    '// @ts-' + 'ignore',
    '/* @ts-' + 'nocheck */',
    '// @ts-' + 'expect-error',
    'enum A { B }',
    'export const enum A { B }',
    'namespace A { f() }',
    'declare namespace A.B {}',
  ]) {
    expect(checkWords(file('src/core/x.ts', bad)).length, bad).toBe(1)
  }
  const good = [
    'const namespace = 1',
    'f({ enum: 2 }, a.namespace, z.enum([]))',
    'f(namespace as { a: 1 })',
    'for (const namespace of { b }) {}',
  ].join('\n')
  expect(checkWords(file('src/core/x.ts', good))).toEqual([])
})

test('a file explains itself at its head, or on each export', () => {
  expect(
    checkComments(file('src/core/x.ts', '/** What. */\nexport const a = 1\nexport const b = 2\n')),
  ).toEqual([])
  expect(
    lines(
      checkComments(file('src/core/x.ts', "import 'y'\n/** A. */\nexport const a = 1\nexport const b = 2\n")),
    ),
  ).toEqual([4])
})

test('long lines, long files and invisible ends are found', () => {
  expect(lines(checkLines(file('src/x.ts', `a\n${'b'.repeat(121)}\nc \n`)))).toEqual([3, 2])
  expect(checkLines(file('src/x.ts', `f(\n  '${'b'.repeat(121)}',\n)\n`))).toEqual([])
  expect(checkLines(file('src/x.ts', 'a\n'.repeat(501))).length).toBe(1)
  expect(checkLines(file('docs/x.md', `${'b'.repeat(500)}\n`))).toEqual([])
})

test('tests that do not run, or sleep, are found', () => {
  const bad =
    "test.skip('a')\nit.only('b')\ndescribe.todo('c')\nsetTimeout(done, 10)\nimport { x } from 'node:timers/promises'\n"
  expect(lines(checkTests(file('src/x.test.ts', bad)))).toEqual([1, 2, 3, 4, 5])
  expect(checkTests(file('src/x.test.ts', "list.skip(1)\ntest('a')\nsource.only\n// setTimeout(\n"))).toEqual(
    [],
  )
  expect(checkTests(file('src/x.ts', bad))).toEqual([])
})

test('tests that do not run, or run until they pass, are found in every form', () => {
  const found = (source: string) => checkTests(file('src/x.test.ts', source)).length
  for (const bad of [
    "test.concurrent.only('a', f)",
    "describe.concurrent.skip('a', f)",
    "test.each([1])['only']('a', f)",
    "test['skip']('a', f)",
    'const { a } = b(it["fails"])',
    "test.for([1]).skip('a', f)",
    "test('a', { skip: true }, f)",
    "test('a', { timeout: 1, retry: 3 }, f)",
    "test('a', { timeout: 1, 'repeats': 3 }, f)",
    "test.concurrent('a', { only: true }, f)",
    "test.each([1])('a', { skip }, f)",
    "testUnless(lack)('a', { todo: true }, f)",
    "test('a', ctx => ctx.skip(b))",
    "test('a', context => context.skip())",
    "test('a', ({ task, skip }) => skip())",
    "test('a', x => x.skip('no time'))",
    "import { setTimeout as s } from 'timers/promises'",
    "import { setTimeout as s } from 'node:timers'",
  ]) {
    expect(found(bad), bad).toBe(1)
  }
  for (const good of [
    'reader.skip(4)',
    'f({ skip: true, retry: 3 })',
    "test('a', () => { f({ retry: 3 }) })",
    "test.each([{ skip: 1, retry: 2 }])('a', ({ skip, retry }) => f(skip, retry))",
    'const a = { skip() {} }',
    "const skip = (a: string) => a\nskip('b')",
    "const a = ['skip', 'only']",
    "a['only']",
    "test('a', { timeout: 1 }, f)",
  ]) {
    expect(found(good), good).toBe(0)
  }
})

test('only what says so may leave tests out', () => {
  const skip = "test['skip']('a', f)\nsetTimeout(g, 1)"
  expect(lines(checkTests(file('test/harness/other.ts', skip)))).toEqual([1])
  expect(checkTests(file('test/harness/requirement.ts', skip))).toEqual([])
  const differential = "context.skip('b')\ntest.skip('a', f)\ntest.only('a', f)\ntest('a', { skip: true }, f)"
  expect(lines(checkTests(file('test/interop/etcd-differential.test.ts', differential)))).toEqual([2, 3, 4])
  expect(lines(checkTests(file('test/harness/requirement.ts', "test['only']('a', f)")))).toEqual([1])
})

test('links that lead nowhere are found, in pages and to headings', () => {
  const other = file('docs/b.md', '# The Big, `bad` Wolf\n')
  const page = [
    '[a](b.md)',
    '[b](c.md)',
    '[c](b.md#the-big-bad-wolf)',
    '[d](b.md#nobody)',
    '`[e](no.md)`',
    '```',
    '[f](no.md)',
    '```',
    '[g](https://x.y)',
    '[h](#nobody)',
  ].join('\n')
  const from = file('docs/a.md', page)
  const files = new Map([from, other].map(one => [one.path, one]))
  expect(lines(checkLinks(from, files, path => files.has(path)))).toEqual([2, 4, 10])
})

test('an error code that is not explained is found', () => {
  const source = file('src/core/x.ts', "throw new E('QUORATE_ODD')\nf('QUORATE_KNOWN')\n")
  expect(lines(checkErrorCodes(source, '| `QUORATE_KNOWN` | ... |\n`QUORATE_ODD_ONE`'))).toEqual([1])
})

test('traces of the workshop are found', () => {
  const bad = ['see /wo' + 'rk/main/x', '/ho' + 'me/anna/x', `${'Sub'}${'agent'} 3`, 'user-agent'].join('\n')
  expect(lines(checkPrivacy(file('docs/x.md', bad)))).toEqual([1, 2, 3])
  expect(checkLockFile(file('package-lock.json', '"resolved": "http://mirror.example/x"')).length).toBe(1)
  expect(checkLockFile(file('package-lock.json', '"resolved": "https://registry.npmjs.org/x"'))).toEqual([])
})

test('a seam that is missing, stands twice, or is in no list is found', () => {
  const list = file(
    'src/core/seams.ts',
    "export const BUGS = ['a', 'b'] as const\nexport const PROBES = ['p'] as const\nexport function bug(name: B) {}",
  )
  const product = (code: string) =>
    file('src/storage/x.ts', `import { bug, probe } from '../core/seams.ts'; ${code}`)
  const found = (...codes: string[]) => shown(checkSeams([list, ...codes.map(product)]))
  expect(found("if (bug('a') || bug('b')) probe('p')")).toEqual([])
  expect(found("if (bug('a')) probe('p')")).toEqual([
    "src/core/seams.ts:1 bug('b') stands in the code 0 times",
  ])
  expect(found("bug('a')\nprobe('p')", "bug('a') || bug('b')")).toEqual([
    "src/core/seams.ts:1 bug('a') stands in the code 2 times",
  ])
  expect(found("bug('a') || bug('b')\nprobe('p')\nbug('c')")).toEqual([
    "src/storage/x.ts:3 bug('c') is in no list",
  ])
  expect(found("bug('a') || bug('b')\nprobe('p')\nbug(name)")).toEqual([
    "src/storage/x.ts:3 bug('') is in no list",
  ])
  const elsewhere = [file('src/sim/x.ts', "bug('a')"), file('src/storage/x.test.ts', "bug('b')")]
  expect(checkSeams([list, ...elsewhere]).length).toBe(3)
})

test('only the simulator opens seams', () => {
  const opening = (path: string) =>
    checkOpening(file(path, "import { openSeams } from '../core/seams.ts'; openSeams({})")).length
  expect(opening('src/server/x.ts')).toBe(2)
  expect(opening('src/sim/run/x.ts')).toBe(0)
  expect(opening('src/server/x.test.ts')).toBe(0)
})
