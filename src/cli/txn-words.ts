/**
 * Words of a line as etcdctl separates them: bare ones, words in single quotes, which keep everything as it stands, and
 * words in double quotes, where the escapes of Go are known (\n, \", \x41, \u00e9, \101).
 */
import { strictText } from './json-pair.ts'

const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']\S*)/y
const SPACE = /\s*/y

/** In double quotes; of one that a code follows, the code. */
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/g

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The words, or in a sentence what is wrong. */
export function wordsOf(line: string): readonly string[] | { readonly problem: string } {
  const words: string[] = []
  for (let at = spaceEnd(line, 0); at < line.length; at = spaceEnd(line, at)) {
    WORD.lastIndex = at
    const match = WORD.exec(line)
    if (match === null) return { problem: 'a quote that is not closed' }
    const [whole, double, single, bare] = match
    const word = double === undefined ? (single ?? bare!) : unescaped(double)
    if (word === undefined) return { problem: `not a text in double quotes: ${whole}` }
    words.push(word)
    at += whole.length
  }
  return words
}

function spaceEnd(line: string, from: number): number {
  SPACE.lastIndex = from
  return from + SPACE.exec(line)![0].length
}

/** Codes are bytes, or characters; undefined if the bytes are no UTF-8, or an escape means nothing. */
function unescaped(text: string): string | undefined {
  const pieces: Uint8Array[] = []
  let end = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, letter] = match
    const character = letter === undefined ? codePoint(short ?? long) : ESCAPED[letter]
    const byte = Number.parseInt(hex ?? octal ?? '', hex === undefined ? 8 : 16)
    if (character === undefined && !(byte <= 0xff)) return undefined
    pieces.push(Buffer.from(text.slice(end, match.index)))
    pieces.push(character === undefined ? Uint8Array.of(byte) : Buffer.from(character))
    end = match.index + whole.length
  }
  pieces.push(Buffer.from(text.slice(end)))
  try {
    return strictText.decode(Buffer.concat(pieces))
  } catch {
    return undefined
  }
}

function codePoint(hex: string | undefined): string | undefined {
  const code = Number.parseInt(hex ?? '', 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined
}
