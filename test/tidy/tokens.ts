/**
 * Cuts TypeScript into tokens, as far as the tidy rules need it: they must not take a word in a comment, a
 * string or a regular expression for code. (The compiler's own scanner is not a stable interface.)
 */

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation' | 'comment'
  /** As written; of a string, without its quotes. */
  readonly text: string
  /** Counted from 1: where the token begins. */
  readonly line: number
}

const SPACE = /[\s\uFEFF]+/y
const LINE_COMMENT = /\/\/[^\n]*/y
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y
const WORD = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const NUMBER = /(?:0[xob][\da-f_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:e[+-]?\d+)?)n?/iy
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const PUNCTUATION = /\.\.\.|\?\.|=>|\*\*|[\s\S]/y
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y

/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX = new Set(
  'return typeof case in of delete void throw new instanceof else do yield await'.split(' '),
)

/** All tokens, comments included. What stands in `${}` of a template is tokens of its own. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  /** For every open `${`, how many braces are open within it. */
  const templates: number[] = []
  let at = source.startsWith('#!') ? source.indexOf('\n') : 0
  let line = 1

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0] || undefined
  }
  const add = (kind: Token['kind'], raw: string, text: string = raw): void => {
    tokens.push({ kind, text, line })
    skip(raw)
  }
  const skip = (raw: string): void => {
    at += raw.length
    for (const character of raw) if (character === '\n') line++
  }
  const template = (): void => {
    const part = take(TEMPLATE_PART) ?? ''
    const opens = source.startsWith('${', at + part.length)
    add('template', part + (opens ? '${' : '`'), part)
    if (opens) templates.push(0)
  }

  while (at < source.length) {
    const space = take(SPACE)
    if (space !== undefined) {
      skip(space)
      continue
    }
    const open = templates.at(-1)
    const comment = take(LINE_COMMENT) ?? take(BLOCK_COMMENT)
    const string = take(STRING)
    if (comment !== undefined) add('comment', comment)
    else if (string !== undefined) add('string', string, string.slice(1, -1))
    else if (source[at] === '`') {
      skip('`')
      template()
    } else if (source[at] === '}' && open === 0) {
      templates.pop()
      skip('}')
      template()
    } else if (source[at] === '/' && mayBeginRegex(tokens) && take(REGEX) !== undefined) {
      add('regex', take(REGEX)!)
    } else if (take(WORD) !== undefined) add('word', take(WORD)!)
    else if (/[\d.]/.test(source[at]!) && take(NUMBER) !== undefined) add('number', take(NUMBER)!)
    else {
      const mark = take(PUNCTUATION)!
      if (open !== undefined && mark === '{') templates[templates.length - 1] = open + 1
      if (open !== undefined && mark === '}') templates[templates.length - 1] = open - 1
      add('punctuation', mark)
    }
  }
  return tokens
}

/** A slash after a value divides; anywhere else it begins a regular expression. */
function mayBeginRegex(tokens: readonly Token[]): boolean {
  const code = tokens.filter(token => token.kind !== 'comment').slice(-2)
  const before = code.at(-1)
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text)
  if (before.kind !== 'punctuation') return false
  if (before.text === '!') return code.length < 2 || !isValue(code[0]!)
  return before.text !== ')' && before.text !== ']'
}

function isValue(token: Token): boolean {
  if (token.kind === 'word') return !BEFORE_REGEX.has(token.text)
  return token.kind !== 'punctuation' || token.text === ')' || token.text === ']'
}
