/** Which bracket of a file closes which, and what stands inside which. */
import type { Token } from './tokens.ts'

export interface Brackets {
  /** By the place of a bracket: the place of the one that closes or opens it. */
  readonly partner: ReadonlyMap<number, number>
  /** By the place of a token: the place of the bracket that is open around it. */
  readonly around: readonly (number | undefined)[]
}

/** Pairs the brackets of code without comments. */
export function matchBrackets(code: readonly Token[]): Brackets {
  const partner = new Map<number, number>()
  const around: (number | undefined)[] = []
  const open: number[] = []
  for (const [i, token] of code.entries()) {
    if (isMark(token, ')', ']', '}')) {
      const begin = open.pop()
      if (begin !== undefined) partner.set(begin, i).set(i, begin)
    }
    around.push(open.at(-1))
    if (isMark(token, '(', '[', '{')) open.push(i)
  }
  return { partner, around }
}

/** Whether a token is one of these marks, and not a text that looks like it. */
export function isMark(token: Token | undefined, ...marks: readonly string[]): boolean {
  return token?.kind === 'punctuation' && marks.includes(token.text)
}
