import { type MutatedCore, mutantsOf } from '../mutant.ts'

export const BULLY: MutatedCore = {
  name: 'bully',
  folder: 'src/protocols/bully',
  tests: ['src/protocols/bully'],
  mutants: mutantsOf([
    [
      'who is answered leads all the same',
      'bully.ts',
      "if (isHigher && this.#phase === 'electing')",
      'if (false)',
    ],
    [
      'a lower leader is followed',
      'bully.ts',
      "if (isHigher) this.#become('following'",
      "if (from > 0n) this.#become('following'",
    ],
    ['a lower leader stays in office', 'bully.ts', 'else this.#onLowerLeader(from)', ''],
    ['a lower candidate is not answered', 'bully.ts', "    this.#send(from, 'answer')\n", ''],
    [
      'who had no answer asks again',
      'bully.ts',
      "else if (this.#phase === 'electing') this.#lead()",
      'else if (false) this.#lead()',
    ],
    [
      'a leader says so once',
      'bully.ts',
      '    this.#wakeAt = addMs(this.#now, this.#options.answerMs)\n',
      '    this.#wakeAt = 1e15 as Instant\n',
    ],
    [
      'only one of the higher ones is asked',
      'bully.ts',
      'for (const id of higher)',
      'for (const id of higher.slice(0, 1))',
    ],
    [
      'lower ones are asked',
      'bully.ts',
      'filter(id => id > this.#options.id)',
      'filter(id => id < this.#options.id)',
    ],
    ['the highest asks and waits', 'bully.ts', '    if (higher.length === 0) return this.#lead()\n', ''],
    [
      'one member is not told who leads',
      'bully.ts',
      "for (const id of this.#others) this.#send(id, 'coordinator')",
      "for (const id of this.#others.slice(1)) this.#send(id, 'coordinator')",
    ],
    ['a leader is given up after one silence', 'bully.ts', 'const PATIENCE = 3', 'const PATIENCE = 1'],
    ['strangers are listened to', 'bully.ts', '    if (!this.#others.includes(from)) return\n', ''],
    ['nobody is told of a new leader', 'bully.ts', "    this.#out.push({ kind: 'leader', leader })\n", ''],
  ]),
}

export const RING_ELECTION: MutatedCore = {
  name: 'ring-election',
  folder: 'src/protocols/ring-election',
  tests: ['src/protocols/ring-election'],
  mutants: mutantsOf([
    [
      'a higher candidate is stopped',
      'ring-election.ts',
      '      this.#isParticipant = true\n      this.#passOn(token)',
      '      this.#isParticipant = true',
    ],
    [
      'a lower candidate passes',
      'ring-election.ts',
      '} else if (!this.#isParticipant) this.#elect()',
      '} else this.#passOn(token)',
    ],
    ['its own name is passed on', 'ring-election.ts', 'if (token.candidate === id) return this.#lead()', ''],
    ['what is not confirmed is lost', 'ring-election.ts', '      this.#hand(token, distance + 1)\n', ''],
    [
      'nothing is confirmed',
      'ring-election.ts',
      "    this.#out.push({ kind: 'send', to: from, message: { kind: 'arrived', sequence: message.sequence } })\n",
      '',
    ],
    [
      'confirmations are not heeded',
      'ring-election.ts',
      '      this.#underway.delete(message.sequence)\n',
      '',
    ],
    [
      'tokens go around for ever',
      'ring-election.ts',
      'if (token.hops < rounds * this.#ring.length)',
      'if (rounds > 0)',
    ],
    [
      'a lower leader is followed',
      'ring-election.ts',
      'if (token.candidate < id) {',
      'if (token.candidate < 0n) {',
    ],
    [
      'a leader says so once',
      'ring-election.ts',
      'if (this.#isLeading) this.#lead()\n    else this.#elect()',
      'if (this.#isLeading) this.#wake(this.#roundTimeouts)\n    else this.#elect()',
    ],
    [
      'who knows the leader is a candidate still',
      'ring-election.ts',
      '    this.#isParticipant = false\n    this.#follow(token.candidate)\n',
      '    this.#follow(token.candidate)\n',
    ],
    ['the ring is turned around', 'ring-election.ts', '(a < b ? -1 : 1)', '(a < b ? 1 : -1)'],
    ['two are passed by for one', 'ring-election.ts', 'distance + 1)', 'distance + 2)'],
    [
      'hearing of the leader is no news',
      'ring-election.ts',
      '    this.#follow(token.candidate)\n    this.#wake(this.#roundTimeouts)\n',
      '    this.#follow(token.candidate)\n',
    ],
    [
      'who is alone waits for others',
      'ring-election.ts',
      'token.candidate === this.#options.id) this.#lead()',
      'token.candidate === 0n) this.#lead()',
    ],
  ]),
}
