/** Every program of this folder does what its first lines say. */
import { readdirSync, readFileSync } from 'node:fs'
import { bully } from 'quorate/protocols/bully'
import { ringElection } from 'quorate/protocols/ring-election'
import { expect, test } from 'vitest'
import { type Saying, Speaker } from './answers-after-questions.ts'
import { transfer } from './bank-transfer.ts'
import { Decision } from './decide-once.ts'
import { Shards } from './growing-shards.ts'
import { Watchman } from './is-it-alive.ts'
import { Register } from './last-writer-wins.ts'
import { Balancer } from './load-balancer.ts'
import { Workers } from './one-of-us.ts'
import { Machines } from './replicated-log.ts'
import { loseServer } from './sharded-cache.ts'
import { shop } from './shopping-cart.ts'
import { Table } from './split-table.ts'
import { spread } from './spread-the-word.ts'
import { Group } from './who-is-here.ts'
import { Sharer } from './whose-turn.ts'

const LINES_MAX = 60

test('no program has more than sixty lines, and each is told of', () => {
  const folder = new URL('.', import.meta.url)
  const readme = readFileSync(new URL('README.md', folder), 'utf8')
  const programs = readdirSync(folder).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  for (const name of programs) {
    const lines = readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n').length
    expect(lines, name).toBeLessThanOrEqual(LINES_MAX)
    expect(readme).toContain(`\`${name}\``)
  }
})

test('what was chosen stays chosen, whoever proposes later and whatever is lost', () => {
  const decision = new Decision()
  expect(decision.prepare([1n])).toBeUndefined()
  const first = decision.prepare([1n, 2n])!
  expect(decision.propose(first, 'left', [1n])).toBe('left')
  expect(decision.chosen).toBeUndefined()
  // One has accepted it; whoever comes next hears of that, and may not propose what it likes.
  const second = decision.prepare([1n, 3n])!
  expect(decision.propose(second, 'right', [1n, 3n])).toBe('left')
  expect(decision.chosen).toBe('left')
  const third = decision.prepare([2n, 3n])!
  const fourth = decision.prepare([1n, 2n, 3n])!
  decision.propose(third, 'right', [1n, 2n, 3n])
  expect(decision.propose(fourth, 'right', [1n, 2n, 3n])).toBe('left')
  expect(decision.chosen).toBe('left')
})

test('three machines keep one log, and two of them go on', () => {
  const machines = new Machines([1n, 2n, 3n])
  machines.pass(1000)
  machines.append('one')
  machines.append('two')
  machines.pass(100)
  for (const id of [1n, 2n, 3n]) expect(machines.lines.get(id)).toEqual(['one', 'two'])
  const former = machines.leader!
  machines.nodes.delete(former)
  machines.pass(1000)
  expect(machines.leader).not.toBe(former)
  machines.append('three')
  machines.pass(100)
  for (const id of [1n, 2n, 3n])
    expect(machines.lines.get(id)).toEqual(id === former ? ['one', 'two'] : ['one', 'two', 'three'])
  machines.nodes.delete(machines.leader!)
  machines.pass(1000)
  expect(machines.leader).toBeUndefined()
})

test('three share a machine, one at a time and in the order in which they asked', () => {
  const ids = [1n, 2n, 3n]
  const mail: Parameters<Sharer['receive']>[0][] = []
  const sharers = ids.map(id => new Sharer(id, ids, letter => mail.push(letter)))
  const turns: number[] = []
  sharers[2]!.request()
  sharers[0]!.request()
  while (turns.length < 5) {
    const letter = mail.shift()
    if (letter !== undefined) sharers[Number(letter.to) - 1]!.receive(letter)
    const turn = sharers.flatMap(({ hasTurn }, i) => (hasTurn ? [i + 1] : []))
    expect(turn.length).toBeLessThanOrEqual(1)
    const [whose] = turn
    if (whose === undefined) continue
    turns.push(whose)
    sharers[whose - 1]!.release()
    // Whoever had it asks again, behind whoever asked meanwhile.
    sharers[whose % 3]!.request()
  }
  expect(turns).toEqual([1, 3, 2, 1, 3])
})

test('nobody reads an answer before its question, and nothing twice', () => {
  const [ann, bob, eve] = [new Speaker(1n), new Speaker(2n), new Speaker(3n)]
  const question = ann.say('tea?')
  bob.hear(question)
  const answer = bob.say('yes')
  const aside: Saying = ann.say('or coffee')
  for (const saying of [aside, answer, answer]) eve.hear(saying)
  expect(eve.read).toEqual([])
  for (const saying of [question, question, aside]) eve.hear(saying)
  expect(eve.read).toEqual(['tea?', 'or coffee', 'yes'])
  ann.hear(answer)
  expect(ann.read).toEqual(['tea?', 'or coffee', 'yes'])
})

test('whoever has seen a value replaces it, though its clock is behind; no clock far ahead is followed', () => {
  let wallMs = 10_000
  const early = new Register('early', () => wallMs - 200)
  const late = new Register('late', () => wallMs)
  const wrong = new Register('wrong', () => wallMs + 60_000)
  late.write('first')
  early.merge(late.read())
  early.write('second')
  late.merge(early.read())
  expect([early.value, late.value]).toEqual(['second', 'second'])
  wrong.write('from tomorrow')
  expect(() => late.merge(wrong.read())).toThrow(/60000 ms ahead/)
  expect(late.value).toBe('second')
  wallMs += 1
  early.write('by one')
  late.write('by another')
  const both = [early.read(), late.read()] as const
  early.merge(both[1])
  late.merge(both[0])
  expect(early.value).toBe(late.value)
})

test('connections stay with their server, and no server gets more than a quarter above its share', () => {
  const balancer = new Balancer()
  for (const id of [1n, 2n, 3n, 4n]) balancer.addNode(id)
  const connections = Array.from({ length: 1000 }, (_, i) => `10.0.0.${i}`)
  const before = connections.map(one => balancer.locate(one))
  const taken = Array.from({ length: 100 }, () => balancer.begin('the one that all want'))
  const counts = [1n, 2n, 3n, 4n].map(id => taken.filter(one => one === id).length)
  expect(Math.max(...counts)).toBeLessThanOrEqual(32)
  balancer.removeNode(3n)
  const moved = connections.filter((one, i) => before[i] !== 3n && balancer.locate(one) !== before[i])
  expect(moved.length).toBeLessThan(50)
  for (const server of taken) balancer.end(server)
  expect(balancer.begin('the one that all want')).not.toBe(3n)
})

test('shards grow and servers fail, and only what has to move moves', () => {
  const shards = new Shards(8, [1n, 2n, 3n, 4n], 2)
  const keys = Array.from({ length: 1000 }, (_, i) => `user/${i}`)
  const [shardsOf, serversOf] = [keys.map(key => shards.shardOf(key)), keys.map(key => shards.locate(key))]
  shards.removeNode(2n)
  for (const [i, key] of keys.entries()) {
    const stayed = serversOf[i]!.filter(id => id !== 2n)
    expect(shards.locate(key).slice(0, stayed.length)).toEqual(stayed)
  }
  shards.addNode(2n)
  expect(keys.map(key => shards.locate(key))).toEqual(serversOf)
  shards.grow(10)
  const moved = keys.map(key => shards.shardOf(key)).filter((shard, i) => shard !== shardsOf[i])
  expect(moved.every(shard => shard >= 8)).toBe(true)
  expect(moved.length).toBeGreaterThan(120)
  expect(moved.length).toBeLessThan(280)
})

test('a table is split and merged, and whoever asks by an old map is told', () => {
  const table = new Table(1n)
  const old = table.locate('pear')
  expect(table.serve('pear', old)).toBe('served')
  table.split('m', 2n)
  expect(table.serve('pear', old)).toBe('stale')
  expect([table.locate('apple').owner, table.locate('m').owner, table.locate('pear').owner]).toEqual([
    1n,
    2n,
    2n,
  ])
  expect([table.scan('a', 'm'), table.scan('a', 'n')]).toEqual([[1n], [1n, 2n]])
  table.merge('m')
  expect(table.locate('pear').owner).toBe(1n)
  expect(table.serve('pear', old)).toBe('stale')
})

test('a shopping cart loses nothing', () => {
  expect(shop()).toEqual({
    versions: [['milk', 'bread'], ['eggs']],
    order: 'concurrent',
    cart: ['bread', 'eggs', 'milk'],
  })
})

test('a cache finds every key after it lost a server, and moves only those that were there', () => {
  const { found, moved } = loseServer()
  expect(found).toBe(1000)
  expect(moved).toBeGreaterThan(120)
  expect(moved).toBeLessThan(280)
})

test('money goes from one bank to another, or stays where it is', () => {
  expect(transfer(60)).toEqual({ outcome: 'commit', balances: [40, 160] })
  expect(transfer(110)).toEqual({ outcome: 'abort', balances: [100, 100] })
})

test('workers elect the highest, and the next highest when that one is gone, by either rule', () => {
  const ids = [1n, 2n, 3n]
  for (const workers of [new Workers(ids, bully), new Workers(ids, ringElection)]) {
    workers.pass(2000)
    expect(workers.leaders).toEqual([3n, 3n, 3n])
    workers.remove(3n)
    workers.pass(2000)
    expect(workers.leaders).toEqual([2n, 2n])
  }
})

test('a watchman misses who falls silent, the regular sooner, and nobody for a nap of his own', () => {
  const watchman = new Watchman()
  const [prompt, restless] = [1n, 2n]
  for (const machine of [prompt, restless]) watchman.watch(machine)
  const listen = (seconds: number): void => {
    for (let second = 1; second <= seconds; second++) {
      watchman.pass(600)
      if (second % 2 === 0) watchman.hear(restless)
      watchman.pass(400)
      watchman.hear(prompt)
      if (second % 2 === 1) watchman.hear(restless)
    }
  }
  listen(61)
  watchman.pass(1500)
  expect(watchman.surprise(prompt)).toBeGreaterThan(watchman.surprise(restless))
  watchman.pass(500)
  expect([...watchman.suspects]).toEqual([prompt])
  listen(6)
  expect(watchman.suspects.size).toBe(0)
  watchman.sleep(60_000)
  expect(watchman.suspects.size).toBe(0)
  watchman.pass(60_000)
  expect(watchman.suspects.size).toBe(2)
})

test('a group knows who joined, who left and who is gone', () => {
  const group = new Group()
  group.join(1n)
  for (const id of [2n, 3n, 4n, 5n]) group.join(id, 1n)
  group.pass(10)
  for (const id of [1n, 2n, 3n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 2n, 3n, 4n, 5n])
  group.leave(2n)
  group.crash(3n)
  group.pass(60)
  for (const id of [1n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 4n, 5n])
  group.join(3n, 5n)
  group.pass(10)
  for (const id of [1n, 3n, 4n, 5n]) expect(group.members(id)).toEqual([1n, 3n, 4n, 5n])
})

test('news reaches nearly all soon, and in the end also who was away', () => {
  const { soon, inTheEnd, messages } = spread()
  expect(soon).toBeGreaterThanOrEqual(16)
  expect(soon).toBeLessThan(19)
  expect(inTheEnd).toBe(19)
  expect(messages).toBeLessThan(300)
})
