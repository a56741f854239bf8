/**
 * One line of standard input: on a terminal, behind a question and without showing what is typed; otherwise the next
 * line of whatever comes. Undefined at the end of the input, or when Ctrl-C was typed.
 */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Lines that came together with one that was read. */
const ahead: string[] = []

export function readHiddenLine(question: string): Promise<string | undefined> {
  const known = ahead.shift()
  if (known !== undefined) return Promise.resolve(known)
  const isTerminal = process.stdin.isTTY === true
  if (isTerminal) process.stderr.write(question)
  return new Promise(resolve => {
    const lines = createInterface({ input: process.stdin, output: nowhere(), terminal: isTerminal })
    let first: string | undefined
    lines.on('line', line => {
      if (first === undefined) first = line
      else ahead.push(line)
      lines.close()
    })
    lines.on('SIGINT', () => lines.close())
    lines.on('close', () => {
      process.stdin.pause()
      if (isTerminal) process.stderr.write('\n')
      resolve(first)
    })
  })
}

/** Where a terminal's echo goes. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
