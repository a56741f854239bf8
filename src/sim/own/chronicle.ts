/**
 * What all members of a run make of the log's commands, as each of their processes tells it: which command stands
 * where, what it was answered, what it changed. Whoever carries a command out first is compared with a machine that
 * carries the log out alone and is new at every command, and all others with the first.
 */
import { assert } from '../../core/assert.ts'
import { describeWrites, shortened } from './describe-operation.ts'
import type { AnyMachine, Performance } from './perform.ts'
import { type Content, PlainState } from './raw-state.ts'
import { Replay } from './replay.ts'

/** One process of one member. */
export interface ProcessName {
  readonly member: string
  /** The state that it found reached so far: the last entry that was in it. */
  readonly foundIndex: number
}

/** What a member made of a command. */
export interface Application extends Performance {
  /** The command's place in the log. */
  readonly index: number
  /** Which request it is; repetitions of one have the same. */
  readonly request: number
  readonly command: string
  readonly by: ProcessName
}

export class Chronicle {
  readonly #byIndex = new Map<number, Application>()
  readonly #places = new Map<number, number[]>()
  readonly #problems: string[] = []
  readonly #found: () => void
  /** Carries everything out that stands in the log. */
  readonly #alone: Replay
  /** The same, but every request only once. */
  #once: Replay
  /** By request: what it is answered where every request is carried out once. */
  readonly #answers = new Map<number, string>()
  #lastIndex = 0
  #again = ''

  /** @param found called when something is wrong */
  constructor(makeMachine: () => AnyMachine, found: () => void) {
    this.#alone = new Replay(makeMachine, new PlainState())
    this.#once = this.#alone
    this.#found = found
  }

  /** Every command that any member carried out, in the order of the log. */
  get log(): readonly Application[] {
    return [...this.#byIndex.values()]
  }

  /** What is wrong, a sentence each, in the order in which it was found. */
  get problems(): readonly string[] {
    return this.#problems
  }

  /** The last command's place in the log; 0 before the first. */
  get lastIndex(): number {
    return this.#lastIndex
  }

  /** What the whole log leads to. */
  get content(): Content {
    return this.#alone.content
  }

  /** Where the request stands in the log, in ascending order. */
  placesOf(request: number): readonly number[] {
    return this.#places.get(request) ?? []
  }

  /** A member carried a command out. */
  applied(application: Application): void {
    const first = this.#byIndex.get(application.index)
    if (first === undefined) this.#appliedFirst(application)
    else if (!isSame(first, application)) this.#blame(differenceOf(first, application))
  }

  /** A client was told so. */
  answered(client: number, request: number, command: string, answer: string): void {
    const expected = this.#answers.get(request)
    if (expected === undefined || expected === answer) return
    const both = `was answered ${shortened(answer)}, and should have been ${shortened(expected)}`
    this.#blame(`client ${client} asked ${shortened(command)} and ${both}${this.#again}`)
  }

  #appliedFirst(application: Application): void {
    const { index, request, command } = application
    assert(index > this.#lastIndex, 'whoever carries an entry out has those before it in its state')
    this.#lastIndex = index
    this.#byIndex.set(index, application)
    const places = this.#places.get(request) ?? []
    this.#places.set(request, [...places, index])
    const isRepeated = places.length > 0
    if (isRepeated) {
      if (this.#once === this.#alone) this.#once = this.#alone.copy()
      const twice = `was carried out at place ${places[0]} of the log, and again at ${index}`
      this.#again = `: before, ${shortened(command)} ${twice}`
    }
    const expected = this.#alone.write(command)
    this.#compareWithNew(application, expected)
    if (isRepeated) return
    const { answer } = this.#once === this.#alone ? expected : this.#once.write(command)
    this.#answers.set(request, answer)
  }

  #compareWithNew({ index, command, answer, writes, by }: Application, expected: Performance): void {
    const isSameAnswer = expected.answer === answer
    if (isSameAnswer && JSON.stringify(expected.writes) === JSON.stringify(writes)) return
    const [theirs, ours] = isSameAnswer
      ? [describeWrites(writes), describeWrites(expected.writes)]
      : [`answered ${shortened(answer)}`, `answers ${shortened(expected.answer)}`]
    const where = `${shortened(command)}, at place ${index} of the log`
    const both = `${nameOf(by)} ${theirs}, a machine that is new and has the same state ${ours}`
    this.#blame(`the machine depends on something that is not in its state: given ${where}, ${both}`)
  }

  #blame(problem: string): void {
    this.#problems.push(problem)
    this.#found()
  }
}

function isSame(one: Application, other: Application): boolean {
  const key = ({ request, command, answer, writes }: Application): string =>
    JSON.stringify([request, command, answer, writes])
  return key(one) === key(other)
}

function differenceOf(one: Application, other: Application): string {
  const [who, whoElse] = [nameOf(one.by), nameOf(other.by)]
  if (one.command !== other.command || one.request !== other.request) {
    const what = `${who} has ${shortened(one.command)}, ${whoElse} ${shortened(other.command)}`
    return `members do not hold the same command at place ${one.index} of the log: ${what}`
  }
  const where = `members do not make the same of ${shortened(one.command)}, at place ${one.index} of the log`
  if (one.answer !== other.answer) {
    return `${where}: ${who} answers ${shortened(one.answer)}, ${whoElse} ${shortened(other.answer)}`
  }
  return `${where}: ${who} ${describeWrites(one.writes)}, ${whoElse} ${describeWrites(other.writes)}`
}

/** A process that began in the middle has not seen what came before: that often is the reason. */
function nameOf({ member, foundIndex }: ProcessName): string {
  return foundIndex === 0 ? member : `${member} (in a process that began behind place ${foundIndex})`
}
