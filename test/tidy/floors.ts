/**
 * The floors of the house: which room of `src/` may import from which. A lower floor never imports a higher
 * one, and what touches the platform lives in `runtime/node/` alone.
 */
import { isMark } from './brackets.ts'
import { type Finding, isExcepted, type SourceFile } from './source-file.ts'

interface Room {
  readonly folder: string
  /** Other rooms that it may import from; always from itself. */
  readonly from: readonly string[]
  /** Packages that it may import. */
  readonly packages?: readonly string[]
}

const FLOOR_0 = ['core/']
const FLOOR_1 = [...FLOOR_0, 'protocols/', 'wire/', 'machines/', 'runtime/']
const FLOOR_2 = [...FLOOR_1, 'storage/']
const FLOOR_3 = [...FLOOR_2, 'replication/']
const FLOOR_4 = [...FLOOR_3, 'services/']
const FLOOR_5 = [...FLOOR_4, 'server/', 'client/', 'sim/']
const FACES = [...FLOOR_5, 'runtime/node/', 'cli/', 'lab/', 'console/']

/** The table of the architecture. The longest folder that fits a path is its room. */
export const ROOMS: readonly Room[] = [
  { folder: 'core/', from: [] },
  { folder: 'protocols/', from: FLOOR_0 },
  { folder: 'wire/', from: FLOOR_0 },
  { folder: 'machines/', from: ['core/', 'runtime/'] },
  { folder: 'runtime/', from: FLOOR_0 },
  { folder: 'runtime/node/', from: ['core/', 'runtime/'], packages: ['pino', '@node-rs/crc32'] },
  { folder: 'storage/', from: ['core/', 'runtime/'] },
  { folder: 'replication/', from: FLOOR_2 },
  { folder: 'services/', from: FLOOR_3 },
  { folder: 'server/', from: [...FLOOR_4, 'runtime/node/'], packages: ['zod'] },
  { folder: 'client/', from: ['core/', 'wire/', 'runtime/'] },
  { folder: 'sim/', from: [...FLOOR_4, 'server/', 'client/'] },
  { folder: 'cli/', from: FACES, packages: ['commander', 'picocolors', '@clack/prompts', 'yaml', 'zod'] },
  { folder: 'lab/', from: FACES },
  { folder: 'console/', from: FACES },
  { folder: 'index.ts', from: FACES },
]

/** What tests of a room share. */
const TESTING = /(^|\/)testing\//

/** Files outside `runtime/node/` that may import some of Node.js. */
export const PLATFORM_EXCEPTIONS: readonly PlatformException[] = [
  {
    path: 'src/cli/',
    modules: [
      'node:child_process',
      'node:fs',
      'node:os',
      'node:path',
      'node:process',
      'node:readline',
      'node:url',
    ],
    reason: 'a command reads its arguments and files, starts the nodes of `quorate dev` and prints',
  },
]

interface PlatformException {
  readonly path: string
  readonly modules: readonly string[]
  readonly reason: string
}

/** The room of a file, by its path within `src/`. */
export function roomOf(path: string): Room | undefined {
  const fitting = ROOMS.filter(
    room => path === room.folder || (room.folder.endsWith('/') && path.startsWith(room.folder)),
  )
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0]
}

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** Everything that a file imports or exports from elsewhere, types and dynamic imports included. */
export function importsOf(file: SourceFile): Import[] {
  const code = file.code
  const found: Import[] = []
  for (const [i, token] of code.entries()) {
    if (token.kind !== 'string') continue
    const before = code[i - 1]?.text
    const isImport =
      before === 'from' || before === 'import' || (before === '(' && code[i - 2]?.text === 'import')
    if (isImport) found.push({ specifier: token.text, line: token.line })
  }
  return found
}

/** Imports that climb the stairs, or leave the house where they may not. */
export function checkFloors(file: SourceFile): Finding[] {
  if (!file.path.startsWith('src/') || !file.isTypeScript || file.isTest) return []
  const path = file.path.slice('src/'.length)
  const room = roomOf(path)
  if (room === undefined) return [file.finding(1, `stands in no room of the house: ${path}`)]
  const findings = importsOf(file).flatMap(({ specifier, line }) => {
    const why = specifier.startsWith('.')
      ? checkInside(room, path, specifier)
      : specifier.startsWith('node:')
        ? checkPlatform(room, file.path, specifier)
        : checkPackage(room, specifier)
    return why === undefined ? [] : [file.finding(line, why)]
  })
  return [...findings, ...checkHidden(file)]
}

/** Imports of which nobody can tell, without running them, what they import. */
function checkHidden(file: SourceFile): Finding[] {
  const code = file.code
  return code.flatMap((token, i) => {
    if (token.kind !== 'word' || !isMark(code[i + 1], '(') || isMark(code[i - 1], '.', '?.')) return []
    if (token.text === 'require') return [file.finding(token.line, 'require: modules are imported')]
    if (token.text !== 'import') return []
    const isPlain = code[i + 2]?.kind === 'string' && isMark(code[i + 3], ')', ',')
    return isPlain ? [] : [file.finding(token.line, 'imports what is not written out')]
  })
}

function checkInside(room: Room, path: string, specifier: string): string | undefined {
  const target = resolve(path, specifier)
  if (/\.(test|conformance)\.ts$/.test(target)) return `imports a test: ${specifier}`
  if (TESTING.test(target) && !TESTING.test(path)) return `imports what is for tests: ${specifier}`
  if (!target.endsWith('.ts')) return `imports without the extension .ts: ${specifier}`
  const other = roomOf(target)
  if (other === undefined) return `imports from no room of the house: ${specifier}`
  if (other === room || room.from.includes(other.folder)) return undefined
  return `${room.folder} may not import from ${other.folder}: ${specifier}`
}

function checkPlatform(room: Room, path: string, specifier: string): string | undefined {
  if (room.folder === 'runtime/node/') return undefined
  const allowed = PLATFORM_EXCEPTIONS.some(
    exception => isExcepted(path, [exception]) && exception.modules.includes(specifier),
  )
  return allowed ? undefined : `only runtime/node/ touches the platform: ${specifier}`
}

function checkPackage(room: Room, specifier: string): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return room.packages?.includes(name) ? undefined : `${room.folder} may not import the package ${name}`
}

/** The path within `src/` that a relative import of the file at `path` means. */
function resolve(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const step of specifier.split('/')) {
    if (step === '..') {
      if (parts.pop() === undefined) return `outside:${specifier}`
    } else if (step !== '.') parts.push(step)
  }
  return parts.join('/')
}
