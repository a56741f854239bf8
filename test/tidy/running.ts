/** Tests that are always run, as they are, once, and never sleep. */
import { type Brackets, isMark, matchBrackets } from './brackets.ts'
import { ownNames } from './scopes.ts'
import { type Exception, type Finding, isExcepted, type SourceFile } from './source-file.ts'
import type { Token } from './tokens.ts'

const DECLARE = new Set(['test', 'it', 'describe', 'suite', 'bench', 'testUnless'])

/** What makes a declared test not count, behind a dot, in brackets or among its options. */
const EVADE = new Set(['only', 'skip', 'todo', 'skipIf', 'runIf', 'fails'])

/** Options that run a test until it passes. */
const AGAIN = new Set(['retry', 'repeats'])

/** What a test's context is called. */
const CONTEXTS = new Set(['ctx', 'context', 't'])

const TIMERS = new Set(['timers', 'timers/promises', 'node:timers', 'node:timers/promises'])

interface LeavingOut extends Exception {
  /** Whose `skip` it may use. */
  readonly of: string
}

/** Files that may leave tests out, and why. */
export const LEAVING_OUT: readonly LeavingOut[] = [
  {
    path: 'test/harness/requirement.ts',
    of: 'test',
    reason: 'says what of the machine a test needs, and fails in CI where it is absent',
  },
  {
    path: 'test/interop/etcd-differential.test.ts',
    of: 'context',
    reason: 'has nothing to compare with where etcd is absent, and fails there in CI',
  },
]

/** Tests that do not run, run until they pass, or sleep. */
export function checkTests(file: SourceFile): Finding[] {
  if (!file.isTypeScript || !file.isTest) return []
  const code = file.code
  const brackets = matchBrackets(code)
  const exceptions = LEAVING_OUT.filter(exception => isExcepted(file.path, [exception]))
  const mayWait = !/\.(test|conformance)\.ts$/.test(file.path)
  return code.flatMap((token, i) => {
    const isExcused =
      token.text === 'skip' && exceptions.some(({ of }) => of === rootOf(code, brackets, i - 1))
    if (!isExcused && evades(code, brackets, i)) {
      return [file.finding(token.line, `${token.text}: every test runs, and its outcome counts`)]
    }
    if (!mayWait && sleeps(code, i)) {
      return [file.finding(token.line, 'a test waits for the condition, it does not sleep')]
    }
    return []
  })
}

function sleeps(code: readonly Token[], at: number): boolean {
  const token = code[at]!
  if (token.kind === 'string') return TIMERS.has(token.text)
  return token.kind === 'word' && token.text === 'setTimeout' && isMark(code[at + 1], '(')
}

function evades(code: readonly Token[], brackets: Brackets, at: number): boolean {
  const token = code[at]!
  if (!EVADE.has(token.text) && !AGAIN.has(token.text)) return false
  const isInBrackets = token.kind === 'string' && isMark(code[at - 1], '[') && isMark(code[at + 1], ']')
  if (token.kind !== 'word' && !isInBrackets) return isOption(code, brackets, at)
  const of = isInBrackets || isMark(code[at - 1], '.', '?.') ? rootOf(code, brackets, at - 1) : undefined
  if (of !== undefined && DECLARE.has(of)) return EVADE.has(token.text)
  return isOption(code, brackets, at) || (token.text === 'skip' && skipsItself(code, brackets, at, of))
}

/** The name that a chain of members and calls begins with: of `test.concurrent.each(x)` it is `test`. */
function rootOf(code: readonly Token[], brackets: Brackets, link: number): string | undefined {
  let at = link
  // The link itself is a dot, or the bracket before a name in quotes.
  if (isMark(code[at], '.', '?.', '[')) at--
  while (at >= 0) {
    if (isMark(code[at], ')', ']')) at = (brackets.partner.get(at) ?? 0) - 1
    else if (code[at]?.kind === 'word' && isMark(code[at - 1], '.', '?.')) at -= 2
    else if (isMark(code[at], '.', '?.')) at--
    else break
  }
  return code[at]?.kind === 'word' ? code[at]!.text : undefined
}

/** Whether this is a key of an object that a test is declared with: `test('x', { skip: true }, ...)`. */
function isOption(code: readonly Token[], brackets: Brackets, at: number): boolean {
  if (!isMark(code[at - 1], '{', ',') || !isMark(code[at + 1], ':', ',', '}')) return false
  const brace = brackets.around[at] ?? -1
  const call = brackets.around[brace] ?? -1
  if (!isMark(code[brace], '{') || !isMark(code[brace - 1], '(', ',') || !isMark(code[call], '('))
    return false
  const of = rootOf(code, brackets, call - 1)
  return of !== undefined && DECLARE.has(of)
}

/** A test that leaves itself in the middle: `ctx.skip(...)`, or a `skip()` or `skip('why')` of somebody else's. */
function skipsItself(
  code: readonly Token[],
  brackets: Brackets,
  at: number,
  of: string | undefined,
): boolean {
  if (!isMark(code[at + 1], '(')) return false
  if (of !== undefined && CONTEXTS.has(of)) return true
  if (of === undefined && ownNames(code, brackets)(at)) return false
  const first = code[at + 2]
  const isDeclaration = isMark(code[(brackets.partner.get(at + 1) ?? at) + 1], '{', ':')
  return !isDeclaration && (isMark(first, ')') || first?.kind === 'string' || first?.kind === 'template')
}
