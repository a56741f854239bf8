/**
 * Whether everything that clients were told of a machine can be right. The log says in which order commands were
 * carried out, and every answer says at which place: so nothing has to be searched. The answers are right if
 *
 * - each is what a machine answers that carries the log out alone (of writes, the chronicle has seen to it);
 * - the order agrees with time: what was called after another had returned stands behind it, and what was read had
 *   reached everything that was answered before;
 * - what was refused was never carried out, and nothing was carried out more often than it was asked for.
 *
 * That is linearizability, with the order as its witness (Herlihy & Wing, 1990), and exactly-once execution.
 *
 * Requests that are repeated may stand in the log several times, and must take effect once: the first time counts, and
 * the answers are compared with those of a log that has nothing else in it.
 */
import type { Chronicle } from './chronicle.ts'
import { shortened } from './describe-operation.ts'
import { isSameJson, jsonText } from './json-text.ts'
import { PROBLEMS_OF_A_KIND_MAX } from './limits.ts'
import type { Asked } from './machine-history.ts'
import type { AnyMachine } from './perform.ts'
import { type Content, PlainState, stateDifference } from './raw-state.ts'
import { Replay } from './replay.ts'

export interface Judged {
  readonly chronicle: Chronicle
  readonly asked: readonly Asked[]
  readonly tries: number
  readonly makeMachine: () => AnyMachine
  readonly model?: AnyModel
  /** What all members held in the end, and how far that reaches; absent if they never agreed. */
  readonly agreed?: { readonly index: number; readonly content: Content }
}

/** A model of whatever states and commands. */
export interface AnyModel {
  readonly initial: unknown
  next(state: unknown, command: unknown): readonly [state: unknown, result: unknown]
}

/** What is wrong, a sentence each. Where a machine is not like itself, the rest only follows from it. */
export function judgeMachine(judged: Judged): string[] {
  const { problems } = judged.chronicle
  const kinds =
    problems.length > 0
      ? [problems]
      : [
          repetitions(judged),
          misplaced(judged),
          disorder(judged),
          wrongReads(judged),
          departures(judged),
          otherStates(judged),
        ]
  return kinds.flatMap(kind => {
    const more = kind.length - PROBLEMS_OF_A_KIND_MAX
    const told = kind.slice(0, PROBLEMS_OF_A_KIND_MAX)
    return more > 0 ? [...told, `and ${more} more like that`] : told
  })
}

/** What was carried out though it was refused, or more often than it was asked for. */
function repetitions({ asked, tries, chronicle }: Judged): string[] {
  return asked.flatMap(({ request, command, told }) => {
    const at = chronicle.placesOf(request)
    if (told.kind === 'refused' && at.length > 0) {
      return [`${shortened(command)} was refused, and yet it was carried out, at place ${at[0]} of the log`]
    }
    if (at.length <= tries) return []
    const often = `${at.length} times, at places ${at.join(', ')} of the log`
    return [`${shortened(command)} was asked for at most ${tries} times, and carried out ${often}`]
  })
}

/** Commands that were answered as if they stood where they do not. */
function misplaced({ asked, chronicle }: Judged): string[] {
  return asked.flatMap(({ request, command, isRead, told }) => {
    if (isRead || told.kind !== 'done' || chronicle.placesOf(request).includes(told.index)) return []
    return [`${shortened(command)} was answered from place ${told.index} of the log, where it does not stand`]
  })
}

/** What stands in the log before what had returned when it was called. */
function disorder({ asked, chronicle }: Judged): string[] {
  const problems: string[] = []
  const returns = asked
    .filter(({ told }) => told.kind === 'done')
    .sort((a, b) => b.returnedAt! - a.returnedAt!)
  let newest: { readonly place: number; readonly command: string } | undefined
  for (const request of asked) {
    while (returns.length > 0 && returns.at(-1)!.returnedAt! < request.calledAt) {
      const returned = returns.pop()!
      const place = placeOf(returned, chronicle) ?? 0
      if (place > (newest?.place ?? 0)) newest = { place, command: returned.command }
    }
    const place = placeOf(request, chronicle)
    if (newest === undefined || place === undefined) continue
    if (request.isRead ? place >= newest.place : place > newest.place) continue
    const saw = request.isRead ? 'read a state that reaches to' : 'stands at'
    const before = `${shortened(newest.command)} had been answered before, from place ${newest.place}`
    problems.push(`${shortened(request.command)} ${saw} place ${place} of the log, although ${before}`)
  }
  return problems
}

/** Where a request took effect, or up to where it looked; undefined if it did neither. */
function placeOf({ request, isRead, told }: Asked, chronicle: Chronicle): number | undefined {
  if (!isRead) return chronicle.placesOf(request)[0]
  return told.kind === 'done' ? told.index : undefined
}

/** Requests that took effect, in the order in which they did; what only reads sees the write at its place. */
function inOrder({ asked, chronicle }: Judged): { readonly request: Asked; readonly place: number }[] {
  return asked
    .flatMap(request => {
      const place = placeOf(request, chronicle)
      return place === undefined ? [] : [{ request, place }]
    })
    .sort((a, b) => a.place - b.place || Number(a.request.isRead) - Number(b.request.isRead))
}

/** What readers were answered, and what a machine answers them that carries every request out once. */
function wrongReads(judged: Judged): string[] {
  const alone = new Replay(judged.makeMachine, new PlainState())
  return inOrder(judged).flatMap(({ request: { client, command, isRead, told } }) => {
    if (!isRead) {
      alone.write(command)
      return []
    }
    const expected = alone.read(command)
    if (told.kind !== 'done' || told.answer === expected) return []
    const both = `was answered ${shortened(told.answer)}, and should have been ${shortened(expected)}`
    return [`client ${client} asked ${shortened(command)} and ${both}`]
  })
}

/** What clients were answered, and what the model says. */
function departures(judged: Judged): string[] {
  const { model } = judged
  if (model === undefined) return []
  let state = model.initial
  return inOrder(judged).flatMap(({ request: { command, isRead, told }, place }) => {
    const [next, result] = model.next(state, JSON.parse(command))
    if (!isRead) state = next
    const expected = jsonText(result ?? null, "the model's result")
    if (told.kind !== 'done' || isSameJson(told.answer, expected)) return []
    const both = `the machine answered ${shortened(told.answer)}, the model says ${shortened(expected)}`
    return [`to ${shortened(command)}, at place ${place} of the log, ${both}`]
  })
}

/** A state that all agree on, and that is not what the log leads to. */
function otherStates({ agreed, chronicle: { lastIndex, content } }: Judged): string[] {
  if (agreed === undefined || agreed.index < lastIndex) return []
  if (JSON.stringify(content) === JSON.stringify(agreed.content)) return []
  return [
    `members agree on a state that the log does not lead to: ${stateDifference(content, agreed.content)}`,
  ]
}
