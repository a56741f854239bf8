/** What an oracle said, as the collection keeps it, so that the page and a terminal can show it. */

const CONTROL_CHARACTERS = /\p{Cc}/gu

/** A whole history is more than anybody wants to keep. */
const CHARACTERS_MAX = 200

/** The beginning of its first line. */
export function shortened(sentence: string): string {
  const [line = ''] = sentence.split('\n')
  return escaped(line.slice(0, CHARACTERS_MAX))
}

/** Oracles quote keys, which may hold any byte; a NUL makes the page a binary file to those who search it. */
export function escaped(line: string): string {
  return line.replace(
    CONTROL_CHARACTERS,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
