import { type MutatedCore, mutantsOf } from '../mutant.ts'

export const GOSSIP: MutatedCore = {
  name: 'gossip',
  folder: 'src/protocols/gossip',
  tests: ['src/protocols/gossip'],
  mutants: mutantsOf([
    [
      'what is known is delivered again',
      'gossip.ts',
      'if (!this.#archive.knows(rumour)) this.#learn(rumour)',
      'if (rumour.number > 0) this.#learn(rumour)',
    ],
    [
      'nobody says that it knew',
      'gossip.ts',
      'if (known.length > 0 && this.#options.ending.feedback)',
      'if (known.length < 0)',
    ],
    [
      'what is said of knowing is not heeded',
      'hot-rumours.ts',
      '    if (hot !== undefined && this.#options.ending.feedback) this.#tire(hot)\n',
      '',
    ],
    [
      'a rumour stays hot for ever',
      'hot-rumours.ts',
      'if (hot.sends >= sendsMax) this.#cool(hot)',
      'if (hot.sends < 0) this.#cool(hot)',
    ],
    [
      'what was told most is told first',
      '../../core/least-told.ts',
      'for (const queue of this.#bySends) {',
      'for (const queue of this.#bySends.toReversed()) {',
    ],
    [
      'a coin is a counter',
      'hot-rumours.ts',
      "rule === 'coin' ? this.#options.random.chance(1, k) : hot.tiresome >= k",
      'hot.tiresome >= k',
    ],
    ['a counter counts one more', 'hot-rumours.ts', 'hot.tiresome >= k', 'hot.tiresome > k'],
    [
      'what is learnt is not passed on',
      'gossip.ts',
      "    this.#out.push({ kind: 'deliver', rumour })\n    this.#pass(rumour)",
      "    this.#out.push({ kind: 'deliver', rumour })",
    ],
    [
      'its own is delivered to itself',
      'gossip.ts',
      '    this.#archive.add(rumour)\n    this.#pass',
      '    this.#pass',
    ],
    [
      'nothing is ever compared',
      'gossip.ts',
      '    for (const to of this.#partners(1)) {\n',
      '    for (const to of this.#partners(1).slice(1)) {\n',
    ],
    ['gaps are never given up', 'ledger.ts', 'this.#ahead.size > AHEAD_MAX ?', 'this.#ahead.size < 0 ?'],
    ['a digest says nothing of what is ahead', 'ledger.ts', 'slice(0, AHEAD_TOLD_MAX)', 'slice(0, 0)'],
    [
      'a digest is not answered by one',
      'reconciliation.ts',
      'return asks ? [...pushes,',
      'return asks === undefined ? [...pushes,',
    ],
    ['pages do not go on', 'reconciliation.ts', 'this.#after = pages.at(-1)!.upTo', ''],
    [
      'the upper bound of a page is not heeded',
      'archive.ts',
      'upTo !== undefined && compareSources(ledger.source, upTo) > 0',
      'upTo === null',
    ],
    [
      'rumours are kept without an end',
      'archive.ts',
      'while (this.#kept.size > KEPT_MAX ||',
      'while (this.#kept.size < 0 ||',
    ],
    [
      'a member tells itself',
      'gossip.ts',
      'this.#others = ids.filter(id => id !== this.#options.id)',
      'this.#others = [...ids]',
    ],
    [
      'one partner is told twice',
      'gossip.ts',
      'if (!partners.includes(id)) partners.push(id)',
      'partners.push(id)',
    ],
    [
      'rounds begin anew at each rumour',
      'gossip.ts',
      'if (this.#hot.size === 0) this.#roundAt = this.#beatAfter(this.#now)',
      'this.#roundAt = (this.#now + this.#options.roundMs * 1000) as Instant',
    ],
  ]),
}
