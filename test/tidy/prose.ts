/** What is written for people: links that lead somewhere, error codes that are explained, no private matters. */
import type { Finding, SourceFile } from './source-file.ts'

/** Links between the repository's own pages, anchors included. */
export function checkLinks(
  file: SourceFile,
  files: ReadonlyMap<string, SourceFile>,
  exists: (path: string) => boolean,
): Finding[] {
  if (!file.path.endsWith('.md')) return []
  const findings: Finding[] = []
  for (const [i, line] of withoutBlocks(file.lines).entries()) {
    for (const [, target] of line
      .replace(/`[^`]*`/g, '``')
      .matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)) {
      const why = checkLink(file, target!, files, exists)
      if (why !== undefined) findings.push(file.finding(i + 1, why))
    }
  }
  return findings
}

function checkLink(
  file: SourceFile,
  target: string,
  files: ReadonlyMap<string, SourceFile>,
  exists: (path: string) => boolean,
): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined
  const [path = '', anchor] = target.split('#', 2)
  const resolved = path === '' ? file.path : resolve(file.path, path)
  if (!exists(resolved)) return `leads nowhere: ${target}`
  const page = files.get(resolved)
  if (anchor === undefined || page === undefined || !resolved.endsWith('.md')) return undefined
  return anchorsOf(page).has(anchor) ? undefined : `there is no heading #${anchor} in ${resolved}`
}

/** Headings as the usual renderers name them. */
function anchorsOf(page: SourceFile): Set<string> {
  const anchors = new Set<string>()
  for (const line of withoutBlocks(page.lines)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    if (heading !== undefined) anchors.add(slug(heading))
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id!)
  }
  return anchors
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/** The same lines, with blocks of code emptied. */
function withoutBlocks(lines: readonly string[]): string[] {
  let fence: string | undefined
  return lines.map(line => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (mark !== undefined && fence === undefined) {
      fence = mark
      return ''
    }
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined
      return ''
    }
    return line
  })
}

function resolve(from: string, path: string): string {
  const parts = path.startsWith('/') ? [] : from.split('/').slice(0, -1)
  for (const step of path.split('/')) {
    if (step === '..') parts.pop()
    else if (step !== '.' && step !== '') parts.push(step)
  }
  return parts.join('/')
}

/** Names that look like codes and are variables of the environment. */
const VARIABLES = new Set(['QUORATE_SUPERVISED', 'QUORATE_USER'])

/** Every code that the source can answer with stands in the catalogue for readers. */
export function checkErrorCodes(file: SourceFile, catalogue: string): Finding[] {
  if (!file.path.startsWith('src/') || !file.isTypeScript || file.isTest) return []
  return file.tokens.flatMap(token => {
    if (token.kind !== 'string' || !/^QUORATE_[A-Z0-9_]+$/.test(token.text)) return []
    if (VARIABLES.has(token.text) || new RegExp(`\\b${token.text}\\b`).test(catalogue)) return []
    return [file.finding(token.line, `${token.text} is missing in docs/reference/errors.md`)]
  })
}

/** Written in pieces, so that this file passes its own rule. */
const PRIVATE: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`/${'work'}/(main|shared|\\.)`), "a path of somebody's machine"],
  [new RegExp(`/${'root'}/|/${'home'}/[a-z]+/|/${'Users'}/[A-Za-z]+/`), "a path of somebody's machine"],
  [new RegExp(`/tmp/${'bash'}_|/tmp/${'brief'}`), "a path of somebody's machine"],
  [new RegExp(`\\b${'sub'}-?${'agent'}s?\\b`, 'i'), 'how the work was shared out is no part of it'],
  [
    new RegExp(`\\b(${'cla'}${'ude'}|${'anthro'}${'pic'}|${'chat'}${'gpt'})\\b`, 'i'),
    'how the work was shared out is no part of it',
  ],
]

/** Nothing of the workshop stays in the house. */
export function checkPrivacy(file: SourceFile): Finding[] {
  return file.lines.flatMap((line, i) =>
    PRIVATE.filter(([pattern]) => pattern.test(line)).map(([, why]) => file.finding(i + 1, why)),
  )
}

/** The lock file names the public registry, whatever mirror filled it. */
export function checkLockFile(file: SourceFile): Finding[] {
  if (file.path !== 'package-lock.json') return []
  return file.lines.flatMap((line, i) => {
    const host = /"resolved": "(https?:\/\/[^/"]+)/.exec(line)?.[1]
    if (host === undefined || host === 'https://registry.npmjs.org') return []
    return [file.finding(i + 1, 'resolved from somewhere else than the public registry')]
  })
}
