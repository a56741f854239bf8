/**
 * Tells nodes that join who they are. A member that was added has promised nothing to anybody before its first start:
 * so its first directory is written into the roster, once, before it is told that it is new, and a node that comes with
 * another directory later is one that has lost its disk. Nobody has to be asked what it may have promised, whoever else
 * is down (`docs/decisions/0008-members-that-join.md`).
 */
import type { Index, NodeId } from '../core/ids.ts'
import { probe } from '../core/seams.ts'
import { addMs } from '../core/time.ts'
import type { ConsensusProtocol } from '../protocols/consensus.ts'
import type { Replica } from '../replication/replica.ts'
import { memberOf, type RosterMember, readRoster } from '../replication/roster/roster.ts'
import { beginMember } from '../replication/roster/roster-change.ts'
import type { Clock } from '../runtime/clock.ts'
import type { JoinAnswer, JoinRequest, Refusal } from '../wire/frame/index.ts'
import { ADMISSION_MS_MAX } from './limits.ts'

type Group = Pick<Replica<unknown>, 'read' | 'reconfigure' | 'configuration'> & {
  /** The bytes of `configuration`. */
  readonly configurationBytes: Uint8Array
}

export interface AdmissionOptions {
  readonly group: Group
  readonly clock: Clock
  readonly clusterId: bigint
  /** The bytes of the configuration in force, committed or not. */
  readonly inForce: () => Uint8Array
  readonly readConfiguration: ConsensusProtocol<unknown>['readConfiguration']
}

export class Admission {
  readonly #group: Group
  readonly #clock: Clock
  readonly #clusterId: bigint
  readonly #inForce: AdmissionOptions['inForce']
  readonly #readConfiguration: AdmissionOptions['readConfiguration']

  constructor({ group, clock, clusterId, inForce, readConfiguration }: AdmissionOptions) {
    this.#group = group
    this.#clock = clock
    this.#clusterId = clusterId
    this.#inForce = inForce
    this.#readConfiguration = readConfiguration
  }

  /** Without a quorum there is no answer: the node asks again, here or elsewhere. */
  admit(request: JoinRequest, answer: (answer: JoinAnswer | Refusal) => void): void {
    const deadline = addMs(this.#clock.now(), ADMISSION_MS_MAX)
    this.#group.read(deadline, refusal => {
      if (refusal === null) this.#decide(request, answer)
      else this.#answerWithoutQuorum(request, answer)
    })
  }

  /**
   * The node itself may be what is missing to a quorum. Whoever has the configuration that it stands in, committed or
   * not, can tell it who it is; but that no other directory was ever this member's, nobody can promise: so it asks.
   * What is committed comes first: the rest may be displaced, and a node that began with it takes nothing older.
   */
  #answerWithoutQuorum(request: JoinRequest, answer: (answer: JoinAnswer) => void): void {
    for (const configuration of [this.#group.configurationBytes, this.#inForce()]) {
      const { members } = readRoster(this.#readConfiguration(configuration, 0 as Index))
      const member = members.find(({ peerUrls }) => isSame(peerUrls, request.peerUrls))
      if (member === undefined) continue
      probe('roster: a member joined though there was no quorum without it')
      return answer({ cluster: this.#clusterId, id: member.id, isNew: false, configuration })
    }
  }

  #decide(request: JoinRequest, answer: (answer: JoinAnswer | Refusal) => void): void {
    const { configuration } = this.#group
    const roster = readRoster(configuration)
    const member = roster.members.find(({ peerUrls }) => isSame(peerUrls, request.peerUrls))
    if (member === undefined) {
      const text = `no member of the cluster has the peer URLs ${request.peerUrls.join(',')}`
      return answer({ reason: 'unknown', text })
    }
    const begun =
      request.life === 0n ? ({ kind: 'nothing' } as const) : beginMember(roster, member.id, request.life)
    if (begun.kind !== 'change') return answer(this.#answerTo(member, request))
    const later = addMs(this.#clock.now(), ADMISSION_MS_MAX)
    this.#group.reconfigure(begun.change, begun.context, later, () => this.#begun(member.id, request, answer))
  }

  /** Whatever became of the wish: what is applied here is committed. */
  #begun(id: NodeId, request: JoinRequest, answer: (answer: JoinAnswer | Refusal) => void): void {
    const member = memberOf(readRoster(this.#group.configuration), id)
    if (member?.life !== request.life) return this.#answerWithoutQuorum(request, answer)
    probe('roster: a member began')
    answer(this.#answerTo(member, request))
  }

  #answerTo({ id, life }: RosterMember, request: JoinRequest): JoinAnswer {
    const isNew = request.life !== 0n && life === request.life
    return { cluster: this.#clusterId, id, isNew, configuration: this.#group.configurationBytes }
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join() === others.toSorted().join()
}
