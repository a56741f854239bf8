/** The seams of `src/core/seams.ts`: each stands in the product once, and only the simulator opens them. */
import type { Finding, SourceFile } from './source-file.ts'

/** The lists of names, and the call by which one stands in the code. */
const SEAMS: Readonly<Record<string, string>> = { BUGS: 'bug', PROBES: 'probe', SITES: 'buggify' }

const LIST = 'src/core/seams.ts'

/** Where seams are called: everywhere in the product that knows of them, but where they are made, and used. */
function isProduct(file: SourceFile): boolean {
  const { path, isTest, isTypeScript } = file
  const isElsewhere = !path.startsWith('src/') || path.startsWith('src/sim/') || path === LIST
  if (isElsewhere || isTest || !isTypeScript) return false
  return file.code.some(({ kind, text }) => kind === 'string' && text.endsWith('core/seams.ts'))
}

/** Where seams are opened, besides the simulator: nowhere. */
export function checkOpening(file: SourceFile): Finding[] {
  if (!isProduct(file)) return []
  return file.code
    .filter(token => token.kind === 'word' && token.text === 'openSeams')
    .map(token => file.finding(token.line, 'only the simulator opens seams'))
}

/** Every name of the lists stands in the product exactly once, and what is called there stands in the lists. */
export function checkSeams(files: readonly SourceFile[]): Finding[] {
  const list = files.find(({ path }) => path === LIST)
  if (list === undefined) return []
  const findings: Finding[] = []
  for (const [constant, call] of Object.entries(SEAMS)) {
    const names = namesIn(list, constant)
    const calls = files.filter(isProduct).flatMap(file => callsOf(file, call))
    for (const { name, line } of names) {
      const count = calls.filter(one => one.name === name).length
      if (count !== 1)
        findings.push(list.finding(line, `${call}('${name}') stands in the code ${count} times`))
    }
    for (const { name, line, file } of calls) {
      if (names.some(one => one.name === name)) continue
      findings.push(file.finding(line, `${call}('${name}') is in no list`))
    }
  }
  return findings
}

interface Named {
  readonly name: string
  readonly line: number
  readonly file: SourceFile
}

/** The texts of `export const CONSTANT = [...]`. */
function namesIn(file: SourceFile, constant: string): Named[] {
  const { code } = file
  const begin = code.findIndex((token, i) => token.text === constant && code[i + 1]?.text === '=')
  if (begin < 0) return []
  const end = code.findIndex((token, i) => i > begin && token.text === ']')
  return code
    .slice(begin, end)
    .filter(token => token.kind === 'string')
    .map(({ text, line }) => ({ name: text, line, file }))
}

/** A call whose argument is no text cannot be counted, and has no name. */
function callsOf(file: SourceFile, call: string): Named[] {
  const { code } = file
  return code.flatMap((token, i) => {
    const isCall = token.kind === 'word' && token.text === call && code[i + 1]?.text === '('
    if (!isCall || code[i - 1]?.text === '.' || code[i - 1]?.text === 'function') return []
    const argument = code[i + 2]!
    return [{ name: argument.kind === 'string' ? argument.text : '', line: token.line, file }]
  })
}
