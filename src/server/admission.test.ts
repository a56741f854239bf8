import { expect, test } from 'vitest'
import { QuorateError } from '../core/errors.ts'
import type { Index, NodeId } from '../core/ids.ts'
import { protocolNamed } from '../protocols/protocols.ts'
import { NO_LIFE, UNKNOWN_MEMBER, writeRoster } from '../replication/roster/roster.ts'
import { SimulatedClock } from '../sim/clock.ts'
import type { JoinAnswer, JoinRequest, Refusal } from '../wire/frame/index.ts'
import { Admission } from './admission.ts'

const protocol = protocolNamed('raft')
const LIFE = 42n
const urlOf = (id: number) => `http://p${id}:1`

/** A configuration of these members; of the last one, this life is written down. */
function configuration(ids: readonly number[], life = NO_LIFE): Uint8Array {
  const members = ids.map(value => ({
    ...UNKNOWN_MEMBER,
    id: BigInt(value) as NodeId,
    isLearner: false,
    peerUrls: [urlOf(value)],
    life: value === ids.at(-1) ? life : 1n,
  }))
  const voters = members.map(({ id }) => id)
  return protocol.bootstrap({ voters, learners: [] }, writeRoster({ members, removed: [] }))
}

/** What a node that joins as member 4 is told by one that reaches no quorum. */
function toldWithoutQuorum(committed: Uint8Array, inForce: Uint8Array): JoinAnswer | Refusal | undefined {
  let told: JoinAnswer | Refusal | undefined
  const refusal = new QuorateError('QUORATE_TEST', 'no quorum', 'refused')
  const admission = new Admission({
    group: {
      read: (_, done) => done(refusal),
      reconfigure: () => expect.unreachable('nobody can agree on anything'),
      configuration: protocol.readConfiguration(committed, 0 as Index),
      configurationBytes: committed,
    },
    clock: new SimulatedClock().node(),
    clusterId: 7n,
    inForce: () => inForce,
    readConfiguration: protocol.readConfiguration,
  })
  const request: JoinRequest = {
    versionMin: 1,
    versionMax: 1,
    peerUrls: [urlOf(4)],
    consensus: 'raft',
    life: LIFE,
  }
  admission.admit(request, answer => {
    told = answer
  })
  return told
}

test('without a quorum a node is told what is committed, if it stands there: the rest may be displaced', () => {
  const committed = configuration([1, 2, 3, 4])
  const told = toldWithoutQuorum(committed, configuration([1, 2, 3, 4], LIFE))
  expect(told).toMatchObject({ id: 4n, isNew: false, configuration: committed })
})

test('and one that stands only in what is in force is told that: without it nothing may be committed', () => {
  const inForce = configuration([1, 4])
  const told = toldWithoutQuorum(configuration([1]), inForce)
  expect(told).toMatchObject({ id: 4n, isNew: false, configuration: inForce })
})

test('of one that stands in neither nothing is said', () => {
  expect(toldWithoutQuorum(configuration([1]), configuration([1, 2]))).toBeUndefined()
})
