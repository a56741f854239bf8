import { type Line, type MutatedCore, mutantsOf } from '../mutant.ts'

/** Of what all flavours share: nothing is said before it is durable. */
const SHARED: readonly Line[] = [
  [
    'a yes is said before it is durable',
    'participant.ts',
    "{ kind: 'vote', transaction, isYes }, one.after)",
    "{ kind: 'vote', transaction, isYes })",
  ],
  [
    'a decision is told before it is durable',
    'coordinator.ts',
    "decision: 'commit' }, after)",
    "decision: 'commit' })",
  ],
  [
    'the caller is told before it is durable',
    'coordinator.ts',
    "this.#outbox.putAfter(one.after, { kind: 'outcome', transaction, decision: 'commit' })",
    "this.#outbox.put({ kind: 'outcome', transaction, decision: 'commit' })",
  ],
  [
    'work is finished before that is durable',
    'participant.ts',
    "this.#outbox.putAfter(one.after, { kind: 'finish', transaction, decision })",
    "this.#outbox.put({ kind: 'finish', transaction, decision })",
  ],
  [
    'the first yes is enough',
    'coordinator.ts',
    'if (one.awaited.size === 0) this.#allVotedYes(one)',
    'this.#allVotedYes(one)',
  ],
  ['a no is taken for a yes', 'coordinator.ts', '    if (!isYes) return this.#abort(one)\n', ''],
  [
    'who has not voted in time is taken for a yes',
    'coordinator.ts',
    "case 'voting':\n        return this.#abort(one)",
    "case 'voting':\n        return this.#commit(one)",
  ],
]

export const TWO_PHASE_COMMIT: MutatedCore = {
  name: 'two-phase-commit',
  folder: 'src/protocols/commit',
  tests: ['src/protocols/commit'],
  mutants: mutantsOf([
    ...SHARED,
    [
      'a decision is told once',
      'coordinator.ts',
      "case 'telling':\n        return this.#tell(one)",
      "case 'telling':\n        return this.#wait(one)",
    ],
    [
      'the first acknowledgement is enough',
      'coordinator.ts',
      "    if (one.awaited.size > 0) return\n    this.#outbox.persist({ kind: 'ended', transaction })",
      "    this.#outbox.persist({ kind: 'ended', transaction })",
    ],
    [
      'what is not known is taken for committed',
      'coordinator.ts',
      "!== 'two-phase') return\n    this.#outbox.send(to, { kind: 'decision', transaction, decision: 'abort' })",
      "!== 'two-phase') return\n    this.#outbox.send(to, { kind: 'decision', transaction, decision: 'commit' })",
    ],
    [
      'nothing is presumed',
      'coordinator.ts',
      "if (!isOurs || this.#options.flavour !== 'two-phase') return",
      "if (!isOurs || this.#options.flavour === 'two-phase') return",
    ],
    [
      'after a restart nobody is told',
      'coordinator.ts',
      'for (const one of this.#open.values()) this.#tell(one)',
      'for (const one of this.#open.values()) this.#wait(one)',
    ],
    [
      'what is open counts as settled',
      'coordinator.ts',
      '    for (const { transaction } of this.#open.values()) return transaction.number\n',
      '',
    ],
    [
      'whoever is uncertain aborts by itself',
      'participant.ts',
      '    const others = participants.filter(other => other !== id)\n',
      "    if (flavour === 'two-phase') return this.#conclude(one, 'abort')\n    const others = participants\n",
    ],
    [
      'whoever is uncertain asks nobody again',
      'participant.ts',
      'isPeer: true })\n    }\n    this.#wait(one, PATIENCE_TIMEOUTS)',
      'isPeer: true })\n    }\n    this.#wait(one, 1e9)',
    ],
    [
      'locks are not taken again after a restart',
      'participant.ts',
      "        this.#outbox.put({ kind: 'restore', transaction, work })\n",
      '',
    ],
    [
      'who is asked and never voted may vote yes later',
      'participant.ts',
      "if (one.phase === 'working') this.#conclude(one, 'abort')",
      "if (one.phase === 'working') return",
    ],
  ]),
}

export const THREE_PHASE_COMMIT: MutatedCore = {
  name: 'three-phase-commit',
  folder: 'src/protocols/commit',
  tests: ['src/protocols/commit'],
  mutants: mutantsOf([
    [
      'the middle phase is left out',
      'coordinator.ts',
      "if (this.#options.flavour === 'two-phase') return this.#commit(one)",
      'if (one !== undefined) return this.#commit(one)',
    ],
    [
      'whoever misses a confirmation aborts',
      'coordinator.ts',
      'is the assumption which a partition breaks.\n        return this.#commit(one)',
      'is the assumption which a partition breaks.\n        return this.#abort(one)',
    ],
    [
      'one who is pre-committed is not counted',
      'termination.ts',
      'uncertain.length < living.length',
      'uncertain.length < 0',
    ],
    [
      "one's own standing is not counted",
      'termination.ts',
      "phase === 'preCommitted' || uncertain",
      'uncertain',
    ],
    [
      'who is uncertain commits',
      'termination.ts',
      "decision: 'abort', tell: others }",
      "decision: 'commit', tell: others }",
    ],
    [
      'who has been down decides',
      'termination.ts',
      'if (termination === undefined || isRecovered) {',
      'if (termination === undefined) {',
    ],
    [
      'nobody is told of the end',
      'termination.ts',
      "decision: 'commit', tell: others }",
      "decision: 'commit', tell: [] }",
    ],
    [
      'who has been down says that it is uncertain',
      'participant.ts',
      "  if (isRecovered) return 'recovering'\n",
      '',
    ],
    [
      'who has been down counts as living',
      'termination.ts',
      "return standing === 'uncertain' || standing === 'preCommitted'",
      'return standing !== undefined',
    ],
    [
      'a confirmation is said before it is durable',
      'participant.ts',
      "this.#outbox.send(from, { kind: 'preCommitted', transaction }, one.after)",
      "this.#outbox.send(from, { kind: 'preCommitted', transaction })",
    ],
    [
      'all are moved on without being asked',
      'termination.ts',
      'return { isMoving: false, answers, decision: undefined, tell: others }',
      'return { isMoving: true, answers, decision: undefined, tell: others }',
    ],
    [
      'what the others decided is not heeded',
      'commit-node.ts',
      '        this.#coordinator.onDecision(from, transaction, message.decision)\n',
      '',
    ],
    [
      'what all voted for is aborted where nobody knows',
      'coordinator.ts',
      "    if (this.#options.flavour === 'three-phase') return 1\n",
      '',
    ],
  ]),
}
