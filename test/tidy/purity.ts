/**
 * What floors 0 to 4 and the simulator never do: wait, ask what time it is, draw their own luck, or depend on
 * the machine they run on. The compiler keeps most of the platform out there (`types: []`); this finds the rest.
 */
import { type Exception, type Finding, isExcepted, type SourceFile } from './source-file.ts'
import type { Token } from './tokens.ts'

/** Rooms whose code is synchronous and gets time, luck and the world as arguments. */
const PURE = /^src\/(core|protocols|wire|machines|storage|replication|services)\/|^src\/runtime\/(?!node\/)/

const SIMULATED = /^src\/sim\//

const WAITING = new Set(['async', 'await', 'Promise', 'PromiseLike'])

const AMBIENT = new Set(
  (
    'Date Intl setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask ' +
    'console Buffer process TextEncoder TextDecoder performance crypto fetch WebSocket Worker structuredClone ' +
    'globalThis require eval WeakRef FinalizationRegistry SharedArrayBuffer Atomics URL AbortController ' +
    'EventTarget MessageChannel ReadableStream WritableStream atob btoa'
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

/** Files of those rooms that must touch what the others may not. */
export const PURITY_EXCEPTIONS: readonly Exception[] = []

export function checkPurity(file: SourceFile): Finding[] {
  const isPure = PURE.test(file.path)
  if ((!isPure && !SIMULATED.test(file.path)) || !file.isTypeScript || file.isTest) return []
  if (isExcepted(file.path, PURITY_EXCEPTIONS)) return []
  const code = file.code
  const own = declaredNames(code)
  const findings: Finding[] = []
  for (const [i, token] of code.entries()) {
    if (token.kind !== 'word') continue
    const before = code[i - 1]?.text
    const isMember = before === '.' || before === '?.'
    if (isMember && code[i - 2]?.text === 'Math' && INEXACT.has(token.text)) {
      findings.push(file.finding(token.line, `Math.${token.text} differs between machines or draws luck`))
    } else if (isMember && LOCAL.has(token.text)) {
      findings.push(file.finding(token.line, `${token.text} depends on the machine's language`))
    } else if (isMember || own.has(token.text) || isName(before, code[i + 1]?.text)) {
      // A property or a variable of that name is no concern of ours.
    } else if (isPure && WAITING.has(token.text)) {
      findings.push(file.finding(token.line, `${token.text}: floors 0 to 4 never wait`))
    } else if (AMBIENT.has(token.text)) {
      findings.push(file.finding(token.line, `${token.text}: time, luck and the platform come as arguments`))
    }
  }
  return findings
}

/** What a file declares itself, as a variable, a function or a parameter with a type. */
function declaredNames(code: readonly Token[]): Set<string> {
  const names = new Set<string>()
  for (const [i, token] of code.entries()) {
    const before = code[i - 1]?.text ?? ''
    const isParameter = (before === '(' || before === ',') && code[i + 1]?.text === ':'
    if (token.kind === 'word' && (/^(const|let|function|class)$/.test(before) || isParameter)) {
      names.add(token.text)
    }
  }
  return names
}

/** Whether a word between these two names a member (`{ process: ...`, `readonly console: ...`). */
function isName(before: string | undefined, after: string | undefined): boolean {
  const begins = before === '{' || before === ',' || before === ';' || before === '(' || before === 'readonly'
  return begins && (after === ':' || (after === '(' && before !== '('))
}
