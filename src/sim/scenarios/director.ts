/**
 * Carries a scenario out: lets time pass while the scenario waits, does what it says, and tells the story, a line a
 * step. A step that does not apply, or a wait that comes to nothing, ends the scenario there.
 */
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import type { SimulatedDisk } from '../disk.ts'
import { carryOut, type Theatre } from '../faults/carry-out.ts'
import { countEffects } from '../faults/count-effects.ts'
import { Deathbeds } from '../faults/deathbeds.ts'
import { describeFault } from '../faults/describe-fault.ts'
import { isOfPart } from '../faults/disk-part.ts'
import type { DiskPart, Fault } from '../faults/fault.ts'
import { Halts } from '../faults/halts.ts'
import { describeError } from '../run/problems.ts'
import type { RunResult, Verdict } from '../run/run-result.ts'
import type { Trial } from '../run/trial.ts'
import type { RunningWorkload } from '../workloads/index.ts'
import { SCENARIO_MS_MAX, WAIT_MS_MAX } from './limits.ts'

interface Wait {
  readonly what: string
  readonly until: Instant
  readonly condition: () => boolean
  readonly over: () => void
}

/** Thrown through a scenario: it is over. */
class Ending extends Error {
  readonly verdict: Verdict

  constructor(verdict: Verdict, sentence: string) {
    super(sentence)
    this.verdict = verdict
  }
}

export class Director {
  readonly trial: Trial
  readonly #tell: (line: string) => void
  readonly #theatre: Theatre
  readonly #halts: Halts
  readonly #workloads: RunningWorkload[] = []
  readonly #story: string[] = []
  #waits: Wait[] = []
  #isOver = false

  /** @param tell takes the story, line by line, while it happens. */
  constructor(trial: Trial, tell: (line: string) => void) {
    const { cluster, atlas, counts } = trial
    this.trial = trial
    this.#tell = tell
    this.#theatre = { cluster, atlas, deathbeds: new Deathbeds(cluster, () => counts.add('P2')) }
    this.#halts = new Halts(cluster, atlas)
    countEffects(cluster, counts, atlas, name => this.#halts.troubled(name))
  }

  /** All steps so far. */
  get story(): readonly string[] {
    return this.#story
  }

  /** Resolves when the scenario is over, well or not. */
  async direct(play: () => Promise<void>): Promise<void> {
    const { trial } = this
    play().then(
      () => {
        this.#isOver = true
      },
      error => this.#broken(error),
    )
    while (!this.#isOver && !trial.isSettled) {
      const leftMs = SCENARIO_MS_MAX - msBetween(0 as Instant, trial.cluster.now())
      const isAlive = await trial.until(() => this.#isDue(), leftMs)
      if (!isAlive)
        this.fail('liveness', `the scenario came to no end; the last step was: ${this.#story.at(-1)}`)
      this.#settle()
    }
  }

  /** Once it is over. */
  judge(): RunResult {
    this.#notice()
    return this.trial.judge(this.#halts.all, this.#workloads)
  }

  /** A step of the story. */
  step(line: string): void {
    const { world } = this.trial.cluster
    const told = `${inSeconds(world.clock.now())}  ${line}`
    this.#story.push(told)
    this.#tell(told)
    world.note(`step: ${line}`)
  }

  /** Does something to the cluster. If that changes nothing, the scenario does not apply, and is over. */
  cause(fault: Fault): void {
    this.causeAll(describeFault(fault), [fault])
  }

  /** Several things at one instant, as one step. */
  causeAll(line: string, faults: readonly Fault[]): void {
    this.#notice()
    this.step(line)
    if (!faults.map(fault => this.#carryOut(fault)).includes(true)) this.refuse('it changed nothing')
  }

  /** What no schedule of faults knows: does it to the disk, file by file of a part. A disk that forgets is damaged. */
  harm(line: string, member: string, part: DiskPart, act: (disk: SimulatedDisk, path: string) => void): void {
    this.#notice()
    this.step(line)
    const { disk } = this.trial.cluster.member(member)
    const paths = [...disk.image().keys()].filter(path => isOfPart(part, path))
    if (paths.length === 0) this.refuse('there is no such file')
    for (const path of paths) {
      act(disk, path)
      this.trial.atlas.damaged(member, 'cutFile', path)
    }
  }

  /** What was just told does not apply: the scenario is over. */
  refuse(why: string): never {
    const said = this.#story.at(-1)?.trim()
    throw new Ending('crash', `step ${this.#story.length} does not apply: ${why}: ${said}`)
  }

  /** What must be true now; else the scenario is over, and badly. */
  demand(what: string, isTrue: boolean): void {
    this.step(`${what}: ${isTrue ? 'yes' : 'no'}`)
    if (!isTrue) throw new Ending('correctness', `this does not hold: ${what}`)
  }

  /** Resolves once the condition holds; if it does not in time, the scenario is over. */
  until(what: string, condition: () => boolean, limitMs = WAIT_MS_MAX): Promise<void> {
    const { clock } = this.trial.cluster.world
    const until = addMs(clock.now(), limitMs)
    // So that something happens then.
    clock.at(until, () => {})
    return new Promise(over => this.#waits.push({ what, until, condition, over }))
  }

  /** Ends the scenario. Whoever waits for this waits for ever. */
  fail(verdict: Verdict, sentence: string): Promise<never> {
    if (!this.#isOver) this.trial.problems.add(verdict, sentence)
    this.#isOver = true
    return new Promise(() => {})
  }

  /** Clients that perform by themselves; their own checks are part of the verdict. */
  follow(workload: RunningWorkload): void {
    this.#workloads.push(workload)
  }

  /** Whom a nemesis would not start, because it might have forgotten something, a scenario may start. */
  #carryOut(fault: Fault): boolean {
    if (fault.kind !== 'start') return carryOut(fault, this.#theatre)
    const member = this.trial.cluster.member(fault.member)
    if (member.isUp) return false
    member.start()
    return true
  }

  #broken(error: unknown): void {
    if (error instanceof Ending) this.fail(error.verdict, error.message)
    else this.fail('crash', describeError(error))
  }

  /** Whether the scenario goes on now, because of something or because nothing came about. */
  #isDue(): boolean {
    this.#notice()
    const now = this.trial.cluster.now()
    return this.#isOver || this.#waits.some(({ condition, until }) => now >= until || condition())
  }

  #settle(): void {
    const now = this.trial.cluster.now()
    const left: Wait[] = []
    for (const wait of this.#waits) {
      // One wait that comes to nothing is the end, and no other goes on.
      if (this.#isOver) return
      if (wait.condition()) wait.over()
      else if (now < wait.until) left.push(wait)
      else this.fail('liveness', `this did not come about in time: ${wait.what}`)
    }
    this.#waits = left
  }

  /** Members that have stopped themselves are part of the story, asked for or not. */
  #notice(): void {
    for (const { member, reason } of this.#halts.look()) {
      this.step(`${member} stops itself: ${describeError(reason)}`)
    }
  }
}

/** Of virtual time, to the millisecond. */
function inSeconds(at: Instant): string {
  return `${(at / 1_000_000).toFixed(3).padStart(8)} s`
}
