import { type MutatedCore, mutantsOf } from '../mutant.ts'

/** No core, but what shows all others. */
export const LAB: MutatedCore = {
  name: 'lab',
  folder: 'src/lab',
  tests: ['src/lab'],
  mutants: mutantsOf([
    [
      'a partition is not heeded by those who are alone',
      'stage.ts',
      'const sides = [...groups, ...alone.map(id => [id])]',
      'const sides = [...groups]',
    ],
    [
      'a partition adds to the one before',
      'stage.ts',
      '    this.#world.network.links.healAll()\n    this.#world.network.links.partition(',
      '    this.#world.network.links.partition(',
    ],
    ['healing leaves the losses', 'stage.ts', '    this.#world.network.faults = NO_MESSAGE_FAULTS\n', ''],
    ['a run may last for ever', 'stage.ts', 'if (until > RUN_MS_MAX) throw new TimeIsOver()', ''],
    [
      'healing all leaves the dead',
      'stage.ts',
      '      this.resume(id)\n      this.start(id)\n',
      '      this.resume(id)\n',
    ],
    [
      'only the end of a run is judged',
      'property.ts',
      'broken === undefined || this.#broken.has(name)',
      'broken === undefined || this.#recorder.nowUs() > 0',
    ],
    [
      'what is promised unless late is always promised',
      'property.ts',
      "(promised === 'unless-late' && !isLate)",
      "promised === 'unless-late'",
    ],
    [
      'a break of the own invariants is swallowed',
      'algorithm.ts',
      '      judge.break(OWN_INVARIANTS, error.message)\n',
      '      recorder.end()\n',
    ],
    ['what is left out is not counted', 'recorder.ts', '      this.leftOut.messages++\n', ''],
    [
      'lost messages arrive',
      'recorder.ts',
      "      if (event.kind === 'lost') message.lost = event.why\n",
      '',
    ],
    [
      'what is left out of a picture is not said',
      'picture/drawn-part.ts',
      'return { messages: telling, untilUs: endsAtUs, missing: sentence(words) }',
      'return { messages: telling, untilUs: endsAtUs, missing: null }',
    ],
    ['a picture drops lost heartbeats', 'picture/drawn-part.ts', '!isRoutine || lost !== null', '!isRoutine'],
    [
      'a picture shows as much as there is',
      'picture/drawn-part.ts',
      'const kept = telling.slice(0, messagesMax)',
      'const kept = telling.slice(0, messagesMax + 1)',
    ],
    [
      'schedules of nothing late part the network',
      'check/schedule.ts',
      "if (family === 'nothing is late') return [...asks, ...deaths]",
      "if (family === 'nothing is late') return [...asks, ...deaths, 'isolate']",
    ],
    [
      'a counter-example is not made smaller',
      'check/check.ts',
      'const parts = shrink(drawn, part => whatBroke(part) !== undefined, SHRINK_RUNS_MAX)',
      'const parts = drawn',
    ],
    ['a schedule ends without being healed', 'check/schedule.ts', '      subject.stage.healAll()\n', ''],
    [
      'a long time is drawn as long as it is',
      'picture/time-scale.ts',
      'Math.max(gapMs * PIXELS_PER_MS, GAP_PIXELS_MIN), GAP_PIXELS_MAX)',
      'Math.max(gapMs * PIXELS_PER_MS, GAP_PIXELS_MIN), 1e9)',
    ],
    [
      'words lie on each other',
      'picture/place-labels.ts',
      'if (x < (this.#ends.get(row) ?? 0) || end > this.#width) return false',
      '',
    ],
  ]),
}
