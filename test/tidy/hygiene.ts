/** How a source file is furnished: its name, its exports, its words, its lines. */
import { isMark } from './brackets.ts'
import { type Exception, type Finding, isExcepted, type SourceFile } from './source-file.ts'
import type { Token } from './tokens.ts'

export const LINE_CHARACTERS_MAX = 120
export const FILE_LINES_MAX = 500

/** A line that is one text and nothing else: a message is found more easily when it is not broken. */
const SENTENCE = /^\s*(['"`]).*\1[,)]*$/

/** Files whose lines may be longer, and why. */
export const WIDE_FILES: readonly Exception[] = [
  { path: 'src/wire/hpack/huffman-code.ts', reason: 'the table of RFC 7541, sixteen codes a line' },
]

/** Files that may be longer, and why. */
export const LONG_FILES: readonly Exception[] = []

const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|conformance|bench|config|d))*\.[a-z]+$/

/** A room for everything is a room for nothing. */
const EMPTY_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc', 'stuff'])

/** Names are those of the field; those that mean nothing are refused. */
export function checkName(file: SourceFile): Finding[] {
  if (file.path.startsWith('src/') && /\.([cm][jt]s|[jt]sx|js)$/.test(file.path)) {
    return [file.finding(1, 'source is .ts and nothing else, so that every rule looks at it')]
  }
  if (!file.isTypeScript) return []
  const findings: Finding[] = []
  const parts = file.path.split('/')
  const name = parts.pop()!
  if (!FILE_NAME.test(name)) findings.push(file.finding(1, `the name is not kebab-case: ${name}`))
  for (const word of [...parts, name].flatMap(part => part.split(/[-.]/))) {
    if (EMPTY_NAMES.has(word)) findings.push(file.finding(1, `"${word}" says nothing about what is in it`))
  }
  return findings
}

/** Comments that the compiler obeys. */
const DIRECTIVE = /@ts-(ignore|nocheck|expect-error)\b|^\/\/\/\s*<reference\b/

/** No default exports, no `any`, no enums, nothing hidden from the compiler, nothing left to do. */
export function checkWords(file: SourceFile): Finding[] {
  if (!file.isTypeScript || file.path.endsWith('.config.ts')) return []
  const findings: Finding[] = []
  const code = file.code
  for (const [i, token] of code.entries()) {
    if (token.kind !== 'word') continue
    const before = code[i - 1]?.text
    const after = code[i + 1]?.text
    if (token.text === 'export' && after === 'default') {
      findings.push(file.finding(token.line, 'no default exports: a thing has one name everywhere'))
    }
    if (token.text === 'any' && before !== '.' && before !== '?.' && after !== '(' && after !== ':') {
      findings.push(file.finding(token.line, 'no `any`: types carry the design'))
    }
    if (before !== '.' && before !== '?.' && isUnerasable(code, i)) {
      findings.push(file.finding(token.line, `no \`${token.text}\`: a module, a union or an object says it`))
    }
  }
  for (const token of file.tokens) {
    if (token.kind !== 'comment') continue
    if (/\b(TODO|FIXME|XXX|HACK)\b/i.test(token.text)) {
      findings.push(file.finding(token.line, 'what is left to do belongs into the plan, not into a comment'))
    }
    if (DIRECTIVE.test(token.text)) {
      findings.push(
        file.finding(token.line, 'nothing is hidden from the compiler, and the settings name its types'),
      )
    }
  }
  return findings
}

/** Whether an `enum` or a `namespace` begins here, and not a variable of that name. */
function isUnerasable(code: readonly Token[], at: number): boolean {
  const name = code[at + 1]
  if (name?.kind !== 'word' || name.line !== code[at]!.line) return false
  if (/^(as|in|of|instanceof|satisfies)$/.test(name.text)) return false
  if (code[at]!.text === 'enum') return true
  return code[at]!.text === 'namespace' && isMark(code[at + 2], '{', '.')
}

/** A file says what it is: at its head, or on everything that it exports. */
export function checkComments(file: SourceFile): Finding[] {
  if (!file.isTypeScript || !file.path.startsWith('src/') || file.isTest) return []
  if (file.tokens[0]?.kind === 'comment') return []
  return file.tokens.flatMap((token, i) => {
    if (token.kind !== 'word' || token.text !== 'export') return []
    if (['{', '*'].includes(file.tokens[i + 1]?.text ?? '')) return []
    const before = file.tokens[i - 1]
    if (before?.kind === 'comment') return []
    return [file.finding(token.line, 'neither the file nor this export says what it is')]
  })
}

/** Lines and files of a length that people read; no invisible ends. */
export function checkLines(file: SourceFile): Finding[] {
  const findings: Finding[] = []
  const lines = file.lines
  if (/\.(ts|js|md)$/.test(file.path)) {
    for (const [i, line] of lines.entries()) {
      if (/[ \t\r]$/.test(line)) findings.push(file.finding(i + 1, 'space at the end of the line'))
    }
  }
  if (!file.isTypeScript) return findings
  const isWide = isExcepted(file.path, WIDE_FILES)
  for (const [i, line] of lines.entries()) {
    if (!isWide && line.length > LINE_CHARACTERS_MAX && !SENTENCE.test(line)) {
      findings.push(
        file.finding(i + 1, `${line.length} characters in a line, at most ${LINE_CHARACTERS_MAX}`),
      )
    }
  }
  if (lines.length > FILE_LINES_MAX && !isExcepted(file.path, LONG_FILES)) {
    findings.push(file.finding(1, `${lines.length} lines in a file, at most ${FILE_LINES_MAX}`))
  }
  return findings
}
