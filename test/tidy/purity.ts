/**
 * What floors 0 to 4 never do: wait, ask what time it is, draw their own luck, or depend on the machine they run
 * on. The simulator, the server and the client may wait, and no more. The compiler keeps most of the platform out
 * of the floors (`types: []`); this finds the rest.
 */
import { type Brackets, isMark, matchBrackets } from './brackets.ts'
import { ownNames } from './scopes.ts'
import { type Exception, type Finding, isExcepted, type SourceFile } from './source-file.ts'
import type { Token } from './tokens.ts'

/** Rooms whose code is synchronous and gets time, luck and the world as arguments. */
const PURE = /^src\/(core|protocols|wire|machines|storage|replication|services)\/|^src\/runtime\/(?!node\/)/

/** Rooms that may wait, for a world that is simulated or real: all but the waiting comes as arguments too. */
const EITHER_WORLD = /^src\/(sim|server|client)\//

/** Words that no declaration in the file turns into something else. */
const KEYWORDS = new Set(['async', 'await'])

const WAITING = new Set([...KEYWORDS, 'Promise', 'PromiseLike'])

const AMBIENT = new Set(
  (
    'Date Intl setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask ' +
    'console Buffer process TextEncoder TextDecoder performance crypto fetch WebSocket Worker structuredClone ' +
    'globalThis global require eval Function WeakRef FinalizationRegistry SharedArrayBuffer Atomics URL ' +
    'AbortController EventTarget MessageChannel ReadableStream WritableStream atob btoa'
  ).split(' '),
)

/** Implementations differ in their last bit, or draw luck. `sqrt` is exact by IEEE 754. */
const INEXACT = new Set(
  (
    'random exp expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 ' +
    'sinh cosh tanh asinh acosh atanh pow cbrt hypot'
  ).split(' '),
)

/** By the machine's language. */
const LOCAL = new Set(['localeCompare', 'toLocaleString', 'toLocaleUpperCase', 'toLocaleLowerCase'])

interface PurityException extends Exception {
  readonly words: readonly string[]
}

/** Files of those rooms that must touch what the others may not. */
export const PURITY_EXCEPTIONS: readonly PurityException[] = [
  {
    path: 'src/client/lost-signal.ts',
    words: ['AbortController'],
    reason:
      "programs are told of a loss by the language's own signal; it calls back at once and asks nothing",
  },
  {
    path: 'src/server/node-url.ts',
    words: ['URL'],
    reason: 'addresses are read as the URL standard says; the parser asks nothing of the machine',
  },
  {
    path: 'src/server/jobs-thread-url.ts',
    words: ['URL'],
    reason: 'a module is named by its place beside another one; nothing of the machine is asked',
  },
  {
    path: 'src/sim/own/ambient.ts',
    words: ['globalThis'],
    reason: "takes time, luck and the platform away from users' machines while they work",
  },
  {
    path: 'src/sim/own/turn.ts',
    words: ['setImmediate'],
    reason: 'between two runs there is no simulated world, and the process has other things to do',
  },
]

export function checkPurity(file: SourceFile): Finding[] {
  const isPure = PURE.test(file.path)
  if ((!isPure && !EITHER_WORLD.test(file.path)) || !file.isTypeScript || file.isTest) return []
  const exceptions = PURITY_EXCEPTIONS.filter(exception => isExcepted(file.path, [exception]))
  const allowed = new Set(exceptions.flatMap(exception => exception.words))
  const code = file.code
  const brackets = matchBrackets(code)
  const isOwn = ownNames(code, brackets)
  const findings: Finding[] = []
  for (const [i, token] of code.entries()) {
    if (token.kind !== 'word') continue
    const isMember = isMark(code[i - 1], '.', '?.')
    if (isMember && code[i - 2]?.text === 'Math' && INEXACT.has(token.text)) {
      findings.push(file.finding(token.line, `Math.${token.text} differs between machines or draws luck`))
    } else if (isMember && LOCAL.has(token.text)) {
      findings.push(file.finding(token.line, `${token.text} depends on the machine's language`))
    } else if (isMember || isMemberName(code, brackets, i)) {
      // A property of that name is no concern of ours.
    } else if (isPure && WAITING.has(token.text) && (KEYWORDS.has(token.text) || !isOwn(i))) {
      findings.push(file.finding(token.line, `${token.text}: floors 0 to 4 never wait`))
    } else if (token.text === 'Math' && !isMark(code[i + 1], '.', '?.')) {
      findings.push(
        file.finding(token.line, 'Math is not passed on or taken apart: what is used must be seen'),
      )
    } else if (AMBIENT.has(token.text) && !allowed.has(token.text) && !isOwn(i)) {
      findings.push(file.finding(token.line, `${token.text}: time, luck and the platform come as arguments`))
    }
  }
  return findings
}

/** Whether the word at a place names a member or a parameter (`{ process: ...`, `; fetch(): void`, `(process: ...`). */
function isMemberName(code: readonly Token[], brackets: Brackets, at: number): boolean {
  const before = code[at - 1]
  const begins = isMark(before, '{', ',', ';') || before?.text === 'readonly'
  if (isMark(code[at + 1], ':')) return begins || isMark(before, '(')
  if (!begins || !isMark(code[at + 1], '(')) return false
  // A method, if a body or the type of its result follows; else a call.
  const close = brackets.partner.get(at + 1)
  if (close === undefined) return false
  const after = code[close + 1]
  // On a line of its own a brace begins a block, after a call.
  if (isMark(after, '{')) return after!.line === code[close]!.line
  // `f(a, async (): T => ...)` is no method.
  return isMark(after, ':') && !KEYWORDS.has(code[at]!.text)
}
