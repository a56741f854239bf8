/**
 * Stories of clocks, kept in `testdata/` as documentation and compared word by word. `UPDATE_GOLDEN=1` writes them
 * anew; review the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { Siblings } from './siblings.ts'
import { Execution, type Happening } from './testing/execution.ts'
import { VectorClock } from './vector-clock.ts'

function matches(file: string, lines: readonly string[]): void {
  const path = new URL(`./testdata/${file}.txt`, import.meta.url)
  const told = `${lines.join('\n')}\n`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
  expect(told).toBe(readFileSync(path, 'utf8'))
}

test('one execution, under three clocks', () => {
  const execution = new Execution([0, 30, 5])
  const lines = ['# Three nodes exchange messages; the wall clock of b is 30 ms ahead']
  const tell = (name: string, what: string, { lamport, vector, hybrid, wallMs }: Happening): void => {
    const clocks = `wall ${wallMs}  hybrid ${hybrid.wallMs}.${hybrid.counter}  Lamport ${lamport.counter}  ${vector}`
    lines.push(`  ${name} ${what.padEnd(18)} ${clocks}`)
  }
  const work = (place: number, name: string, what: string): Happening => {
    execution.pass(10)
    const happening = execution.work(place)
    tell(name, what, happening)
    return happening
  }
  const hear = (place: number, name: string, from: string, message: Happening): Happening => {
    execution.pass(10)
    const happening = execution.receive(place, message)
    tell(name, `hears ${from}`, happening)
    return happening
  }
  const a1 = work(0, 'a1', 'sends to b')
  const c1 = work(2, 'c1', 'works')
  const b1 = hear(1, 'b1', 'a1', a1)
  const b2 = work(1, 'b2', 'sends to c')
  const a2 = work(0, 'a2', 'works')
  const c2 = hear(2, 'c2', 'b2', b2)
  lines.push('', '## What the vectors say')
  const say = (left: string, a: Happening, right: string, b: Happening): void => {
    lines.push(
      `  ${left} is ${a.vector.compare(b.vector)} ${right}; Lamport ${a.lamport.counter}, ${b.lamport.counter}`,
    )
  }
  say('a1', a1, 'c2', c2)
  say('b1', b1, 'a1', a1)
  lines.push('', '## What Lamport stamps cannot say: c1 is the smaller one, and neither knew of the other')
  say('c1', c1, 'b2', b2)
  say('a2', a2, 'c2', c2)
  lines.push('', '## The hybrid stamp of c2 is ahead of its own wall clock, for it is after b2')
  matches('space-time', lines)
})

test('a shopping cart that two people fill', () => {
  const [a, b] = [10n as NodeId, 11n as NodeId]
  const lines = ['# Two replicas of a cart, and no agreement (dotted version vectors)']
  const look = (name: string, cart: Siblings<string>): void => {
    const standing = cart.standing.map(
      ({ dot, value }) => `${value} (${formatNodeId(dot.node)}, ${dot.counter})`,
    )
    lines.push(`  ${name} holds ${standing.join(' | ') || 'nothing'}; has seen ${cart.context}`)
  }
  lines.push('', '## Ann puts milk into the cart at replica a; it is copied to b.')
  let left = Siblings.none<string>().write(a, 'milk', VectorClock.ZERO)
  let right = Siblings.none<string>().merge(left)
  const [ann, bob] = [left.context, right.context]
  look('a', left)
  look('b', right)
  lines.push('', '## Ann adds bread at a, and Bob, who saw milk too, adds eggs at b.')
  left = left.write(a, 'milk bread', ann)
  right = right.write(b, 'milk eggs', bob)
  look('a', left)
  look('b', right)
  lines.push(
    '',
    '## Bob writes through a as well, with what he read at first. His write does not know of the bread.',
  )
  left = left.write(a, 'milk eggs jam', bob)
  look('a', left)
  lines.push('', '## The replicas exchange what they hold. Nothing is lost; milk alone has been replaced.')
  left = left.merge(right)
  right = right.merge(left)
  look('a', left)
  look('b', right)
  lines.push('', '## Somebody reads all three, and writes what they mean together.')
  right = right.write(b, 'milk bread eggs jam', right.context)
  left = left.merge(right)
  look('a', left)
  matches('siblings', lines)
})

test('what pruning loses', () => {
  const [x, y, z] = [1n as NodeId, 2n as NodeId, 3n as NodeId]
  const seenAt = (node: NodeId): Instant => Number(node) as Instant
  const old = VectorClock.ZERO.increment(x)
  const next = old.increment(y).increment(z)
  const pruned = next.prune(z, 2, seenAt)
  const careless = VectorClock.ZERO.increment(x)
  const rival = old.increment(y)
  matches('pruning', [
    '# Clocks are cut to two entries',
    '',
    '## Node 1 was seen longest ago, and is forgotten. What the new version replaced looks like a rival now.',
    `  old ${old}, new ${next}: old is ${old.compare(next)} new`,
    `  old ${old}, new ${pruned}: old is ${old.compare(pruned)} new`,
    '',
    '## That is a sibling too many. Forgetting the author instead would lose a write: of node 3 here.',
    `  written by 3: ${old.increment(z)}, by 2: ${rival}: the first is ${old.increment(z).compare(rival)}`,
    `  written by 3: ${careless}, by 2: ${rival}: the first is ${careless.compare(rival)}`,
  ])
})
