/** What users install: the packed package, in a project of its own, with nothing of this tree but its dependencies. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLE = join(ROOT, 'examples/simulate-your-own')

/** Seed 4 is good, and finds both bugs. */
const PROGRAM = `
import { simulateMachine, simulateProgram } from 'quorate/sim'
import { drawCommand, inventory } from './inventory.js'
import { orders } from './orders.js'

const options = { seeds: [4], shrinkRuns: 0 }
const machine = bug => simulateMachine({ machine: () => inventory(bug), draw: drawCommand, tries: 5 }, options)
const codeOf = simulation => simulation.then(() => 'good', error => error.code)
console.log(JSON.stringify([
  await codeOf(machine()),
  await codeOf(machine('sells again')),
  await codeOf(simulateProgram(() => orders(), options)),
  await codeOf(simulateProgram(() => orders(true), options)),
]))
`

let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'quorate-package-'))
  const npm = ['pack', '--ignore-scripts', '--json', '--pack-destination', project]
  const packed = execFileSync('npm', npm, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  const installed = join(project, 'node_modules/quorate')
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', installed])
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), '{"name":"scratch","type":"module"}')
  for (const name of ['inventory', 'orders']) {
    const source = readFileSync(join(EXAMPLE, `${name}.ts`), 'utf8')
    writeFileSync(join(project, `${name}.ts`), source)
    writeFileSync(join(project, `${name}.js`), transformSync(source, { loader: 'ts' }).code)
  }
  writeFileSync(join(project, 'run.js'), PROGRAM)
})

afterAll(() => {
  rmSync(project, { recursive: true, force: true })
})

test('the example runs on the installed package, and finds what it should', () => {
  const printed = execFileSync(process.execPath, ['run.js'], { cwd: project, encoding: 'utf8' })
  const failed = 'QUORATE_SIMULATION_FAILED'
  expect(JSON.parse(printed)).toEqual(['good', failed, 'good', failed])
})

test('everything that it says may be imported can be, as it is built', () => {
  const about = JSON.parse(readFileSync(join(project, 'node_modules/quorate/package.json'), 'utf8')) as {
    exports: Record<string, string | { types: string }>
  }
  const names = Object.entries(about.exports).flatMap(([name, target]) =>
    typeof target === 'string' ? [] : [name.replace('.', 'quorate')],
  )
  expect(names).toContain('quorate/protocols/clocks')
  const program = `for (const name of ${JSON.stringify(names)}) console.log(name, typeof (await import(name)))`
  writeFileSync(join(project, 'import-all.js'), program)
  const printed = execFileSync(process.execPath, ['import-all.js'], { cwd: project, encoding: 'utf8' })
  expect(
    printed
      .trimEnd()
      .split('\n')
      .map(line => line.split(' ')[0]),
  ).toEqual(names)
})

test('its types are those that the installed package declares', () => {
  const options = {
    strict: true,
    noEmit: true,
    module: 'NodeNext',
    target: 'ES2023',
    skipLibCheck: true,
    types: [],
  }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['inventory.ts'] }),
  )
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const check = (): string => execFileSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' })
  expect(check()).toBe('')
  const wrong = readFileSync(join(EXAMPLE, 'inventory.ts'), 'utf8').replace('return stock', "return 'stock'")
  writeFileSync(join(project, 'inventory.ts'), wrong)
  expect(check).toThrow('Command failed')
})
