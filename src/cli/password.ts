/** Passwords of the command line: from `--user NAME:PASSWORD`, or asked for without showing what is typed. */
import type { Credentials } from '../client/login.ts'
import { QuorateError } from '../core/errors.ts'
import { readHiddenLine } from '../runtime/node/hidden-line.ts'
import { ConfigErrors } from '../server/config-errors.ts'

/** Of `--user`; of a name alone the password is etcdctl's variable, or asked for. */
export async function credentialsOf(user: string | undefined): Promise<Credentials | undefined> {
  if (user === undefined) return undefined
  const at = user.indexOf(':')
  const username = at < 0 ? user : user.slice(0, at)
  if (username === '') throw invalid('--user has no name')
  if (at >= 0) return { username, password: user.slice(at + 1) }
  return {
    username,
    password: process.env['ETCDCTL_PASSWORD'] ?? (await askPassword(`Password of ${username}: `)),
  }
}

/** Asked twice where somebody types it, so that nobody is locked out by a slip. */
export async function newPassword(name: string): Promise<string> {
  const password = await askPassword(`Password of ${name}: `)
  if (process.stdin.isTTY && (await askPassword('Once more: ')) !== password) {
    throw invalid('the two passwords are not the same')
  }
  return password
}

async function askPassword(question: string): Promise<string> {
  const password = await readHiddenLine(question)
  if (password === undefined) throw invalid('no password was given')
  return password
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', {
    hint: 'a password is asked for on the terminal, or read from standard input',
  })
}
