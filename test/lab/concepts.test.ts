/** The pages of `docs/concepts` about algorithms: their pictures are what the laboratory draws, their claims hold. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ALGORITHMS, algorithmNamed } from '../../src/lab/algorithms.ts'
import { transcript } from '../../src/lab/transcript.ts'
import { PICTURED, pictured, pictureFile, pictureOf } from './pictures.ts'

const CONCEPTS = new URL('../../docs/concepts/', import.meta.url)
const page = (name: string): string => readFileSync(new URL(`${name}.md`, CONCEPTS), 'utf8')

test('every algorithm has a page with a picture', () => {
  expect(Object.keys(PICTURED).toSorted()).toEqual(ALGORITHMS.map(({ name }) => name).toSorted())
})

describe.each(Object.entries(PICTURED))('%s', (name, fault) => {
  test('the picture is what the laboratory draws (else: npm run pictures)', () => {
    expect(readFileSync(pictureFile(name), 'utf8') === pictureOf(name)).toBe(true)
  })

  test('the page shows it, and names the run that it shows', () => {
    const text = page(name)
    expect(text).toContain(`(pictures/${name}.svg)`)
    expect(text).toContain(`quorate lab ${name}${fault === 'none' ? '' : ` --fault ${fault}`}\n`)
    expect(text).toContain('**In the product.**')
  })

  test('the page says what each kind of message in it is', () => {
    const kinds = new Set(pictured(name).messages.map(({ kind }) => kind))
    const [, said = ''] = page(name).split('**In the picture.**')
    expect([...kinds].filter(kind => !said.includes(`\`${kind}\``))).toEqual([])
  })
})

interface Claim {
  readonly title: string
  readonly command: string
  readonly lines: readonly string[]
}

/** What a page claims: under each heading a command, and lines of what it prints. */
function claimsOf(text: string): Claim[] {
  return text
    .split('\n## ')
    .slice(1)
    .map(section => ({
      title: section.split('\n', 1)[0]!,
      command: /```sh\n(.*)\n```/.exec(section)?.[1] ?? '',
      lines: /```text\n([^`]*)\n```/.exec(section)?.[1]?.split('\n') ?? [],
    }))
}

const squeeze = (line: string): string => line.replace(/ +/g, ' ')

describe('what is often written wrongly: every command shows what the page says that it shows', () => {
  const claims = claimsOf(page('misconceptions'))

  test('there are some', () => expect(claims.length).toBeGreaterThan(12))

  test.each(claims)('$title', ({ command, lines }) => {
    const words = /^quorate lab ([\w-]+)(?: --fault ([\w-]+))?$/.exec(command)
    const [, name = '', fault = 'none'] = words ?? []
    const algorithm = algorithmNamed(name)!
    const nodes = Math.max(
      algorithm.nodes.standard,
      algorithm.lessons.find(lesson => lesson.name === fault)!.nodesMin,
    )
    const told = squeeze(transcript(algorithm.run({ nodes, seed: 1 }, fault)).join('\n'))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(told).toContain(squeeze(line))
  })
})
