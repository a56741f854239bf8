/** Where a name is a file's own, as a variable, a function, a class or a parameter with a type. */
import { type Brackets, isMark } from './brackets.ts'
import type { Token } from './tokens.ts'

const DECLARES = new Set(['const', 'let', 'function', 'class'])

/** From the first token to the last, both included. */
interface Scope {
  readonly first: number
  readonly last: number
}

/** Tells whether the word at a place is a name that the file declares itself, and means there. */
export function ownNames(code: readonly Token[], brackets: Brackets): (at: number) => boolean {
  const scopes = new Map<string, Scope[]>()
  for (const [i, token] of code.entries()) {
    if (token.kind !== 'word' || !isDeclared(code, brackets, i)) continue
    scopes.set(token.text, [...(scopes.get(token.text) ?? []), scopeOf(code, brackets, i)])
  }
  return at => scopes.get(code[at]!.text)?.some(({ first, last }) => first <= at && at <= last) ?? false
}

function isDeclared(code: readonly Token[], brackets: Brackets, at: number): boolean {
  const before = code[at - 1]
  if (before?.kind === 'word') return DECLARES.has(before.text) && !isMark(code[at - 2], '.', '?.')
  // In braces the same would be a property.
  const isInParentheses = isMark(code[brackets.around[at] ?? -1], '(')
  return isInParentheses && isMark(before, '(', ',') && isMark(code[at + 1], ':')
}

/** The block around a declaration; of a parameter or of what a loop declares, the parentheses and the body. */
function scopeOf(code: readonly Token[], brackets: Brackets, at: number): Scope {
  const first = brackets.around[at]
  const last = first === undefined ? undefined : brackets.partner.get(first)
  if (first === undefined || last === undefined) return { first: 0, last: code.length - 1 }
  return { first, last: isMark(code[first], '(') ? endOfBody(code, brackets, last) : last }
}

/** The last token of the body that follows these parentheses, or their end if there is none. */
function endOfBody(code: readonly Token[], brackets: Brackets, close: number): number {
  let at = close + 1
  // A type of the result stands between, and may have brackets of its own.
  if (isMark(code[at], ':')) {
    while (at < code.length && !isMark(code[at], '=>') && !isBody(code, at)) {
      at = (brackets.partner.get(at) ?? at) + 1
      if (endsExpression(code, at)) return close
    }
  }
  if (isMark(code[at], '=>')) at++
  else if (!isMark(code[at], '{')) return close
  if (isMark(code[at], '{')) return brackets.partner.get(at) ?? close
  while (at < code.length && !endsExpression(code, at)) at = (brackets.partner.get(at) ?? at) + 1
  return at - 1
}

function isBody(code: readonly Token[], at: number): boolean {
  return isMark(code[at], '{') && !isMark(code[at - 1], ':', '|', '&')
}

/** Whether what stands before this token is over: by a mark, or by a new line that begins a new statement. */
function endsExpression(code: readonly Token[], at: number): boolean {
  const token = code[at]
  const before = code[at - 1]
  if (token === undefined || isMark(token, ',', ';', ')', ']', '}')) return true
  const isValue = before?.kind !== 'punctuation' || isMark(before, ')', ']', '}', '>')
  return token.kind === 'word' && isValue && before !== undefined && token.line > before.line
}
