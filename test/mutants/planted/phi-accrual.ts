import { type MutatedCore, mutantsOf } from '../mutant.ts'

export const PHI_ACCRUAL: MutatedCore = {
  name: 'phi-accrual',
  folder: 'src/protocols/phi-accrual',
  tests: ['src/protocols/phi-accrual'],
  mutants: mutantsOf([
    ['the first look is believed', 'accrual-detector.ts', 'if (!peer.isDue) {', 'if (false) {'],
    ['who was away accuses others of it', 'accrual-detector.ts', '    this.#excuse(now)\n', ''],
    [
      'who was away gives no heartbeat more',
      'accrual-detector.ts',
      'lateMs + this.#options.heartbeatMs',
      'lateMs',
    ],
    [
      'an absence is learnt from',
      'accrual-detector.ts',
      '} else peer.intervals.add(',
      '}\n    peer.intervals.add(',
    ],
    ['nobody is told of trust', 'accrual-detector.ts', "      out.push({ kind: 'trusted', peer: id })\n", ''],
    [
      'nobody is told of suspicion',
      'accrual-detector.ts',
      "    out.push({ kind: 'suspected', peer: id })\n",
      '',
    ],
    [
      'intervals may be as regular as they like',
      'accrual-detector.ts',
      'Math.max(intervals.deviationMs, this.#options.deviationMinMs)',
      'Math.max(intervals.deviationMs, 0.01)',
    ],
    ['the forgotten are watched', 'accrual-detector.ts', '        this.#peers.delete(input.peer)\n', ''],
    ['a heartbeat leaves the silence as it was', 'accrual-detector.ts', '    peer.heardAt = now\n', ''],
    ['who is watched twice is new', 'accrual-detector.ts', '    if (this.#peers.has(id)) return\n', ''],
    [
      'deviation is added up wrongly',
      'interval-window.ts',
      'this.#intervalsMs.length - mean * mean',
      'this.#intervalsMs.length + mean * mean',
    ],
    [
      'old intervals are never forgotten',
      'interval-window.ts',
      'this.#sum += intervalMs - oldest',
      'this.#sum += intervalMs',
    ],
    [
      'surprise grows from the first millisecond',
      'phi.ts',
      '(silentMs - meanMs) / deviationMs',
      '(silentMs + meanMs) / deviationMs',
    ],
    ['surprise is counted in bits', 'phi.ts', '/ Math.LN10', '/ Math.LN2'],
  ]),
}
