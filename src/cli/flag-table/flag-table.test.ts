/** The table of flags in the reference is this table. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from '../../server/config.ts'
import { ETCD_FLAGS, FLAG_GROUPS, type Flag } from './index.ts'

const page = readFileSync(new URL('../../../docs/reference/flags.md', import.meta.url), 'utf8')

/** What of a flag the page tells. */
function told(flag: Flag): string {
  if (flag.kind === 'used') return `**works**: ${flag.help}`
  if (flag.kind === 'idle') return `ignored with a warning: ${flag.why}`
  const harmless = [...(flag.boolean ? ['false'] : []), ...(flag.harmless ?? [])]
  const unless = harmless.length === 0 ? '' : ` (\`${harmless.join('`, `')}\` is taken)`
  return `refused${unless}: ${flag.why}`
}

function rendered(): string {
  return Object.entries(FLAG_GROUPS)
    .map(([title, flags]) => {
      const rows = Object.entries(flags).map(([name, flag]) => `| \`--${name}\` | ${told(flag)} |`)
      return [`## ${title}`, '', '| flag | what becomes of it |', '|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}

test('the reference shows every flag, and what becomes of it', () => {
  expect(page.slice(page.indexOf('## The node')).trimEnd()).toBe(rendered())
})

test('no flag stands in two groups', () => {
  const names = Object.values(FLAG_GROUPS).flatMap(flags => Object.keys(flags))
  expect(new Set(names).size).toBe(names.length)
  expect(Object.keys(ETCD_FLAGS)).toEqual(names)
})

test('every flag that works sets something that a configuration has', () => {
  for (const [name, flag] of Object.entries(ETCD_FLAGS)) {
    if (flag.kind !== 'used') continue
    const setting = (): unknown => parseConfig({ [flag.key]: Symbol.iterator })
    // Whatever is wrong with the value, the key is known.
    expect(setting, name).toThrow()
    expect(setting, name).not.toThrow(/Unrecognized/)
  }
})
