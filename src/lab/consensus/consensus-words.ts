/** The messages of the consensus protocols in a few words: kind, ballot, and what matters of the rest. */
import type { Entry } from '../../core/entry.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { utf8Text } from '../../core/utf8.ts'
import { formatBallot } from '../../protocols/paxos/ballot.ts'
import type { SynodMessage } from '../../protocols/paxos/index.ts'
import type { PaxosMessage } from '../../protocols/paxos/multi/index.ts'
import type { RaftMessage } from '../../protocols/raft/index.ts'
import type { MessageWords } from '../recorder.ts'

export function raftWords(message: RaftMessage): MessageWords {
  const term = `term ${message.ballot}`
  switch (message.type) {
    case 'heartbeat':
    case 'heartbeatResponse':
      return { kind: message.type, text: term, isRoutine: true }
    case 'append':
      return { kind: 'append', text: `${term}, after ${message.previousIndex}: ${entries(message.entries)}` }
    case 'appendAccepted':
      return { kind: 'appendAccepted', text: `${term}, equal up to ${message.match}` }
    case 'appendRejected':
      return { kind: 'appendRejected', text: `${term}, not the same at ${message.rejected}` }
    case 'commit':
      return { kind: 'commit', text: `${term}, up to ${message.commit}` }
    case 'voteRequest': {
      const kind = message.pre ? 'preVoteRequest' : 'voteRequest'
      return { kind, text: `${term}, log ends ${message.lastIndex}@${message.lastBallot}` }
    }
    case 'voteResponse': {
      const kind = message.pre ? 'preVoteResponse' : 'voteResponse'
      return { kind, text: `term ${message.requested}, ${message.granted ? 'granted' : 'refused'}` }
    }
    case 'forward':
      return { kind: 'forward', text: message.proposals.map(({ command }) => utf8Text(command)).join(' ') }
    default:
      return { kind: message.type, text: term }
  }
}

export function paxosWords(message: PaxosMessage): MessageWords {
  const ballot = `ballot ${formatBallot(message.ballot)}`
  switch (message.type) {
    case 'beat':
    case 'beatAnswer':
      return { kind: message.type, text: ballot, isRoutine: true }
    case 'canvassed':
      return { kind: 'canvassed', text: `${ballot}, ${message.granted ? 'granted' : 'refused'}` }
    case 'prepare':
      return { kind: 'prepare', text: `${ballot}, from slot ${message.from}` }
    case 'promise':
      return { kind: 'promise', text: ballot }
    case 'rejected':
      return { kind: 'rejected', text: `${ballot}, promised ${formatBallot(message.promised)}` }
    case 'accept':
      return { kind: 'accept', text: `${ballot}: ${entries(message.entries)}` }
    case 'accepted': {
      const slots = message.runs.map(({ first, last }) => (first === last ? `${first}` : `${first}..${last}`))
      return { kind: 'accepted', text: `${ballot}, slots ${slots.join(' ')}` }
    }
    case 'chosen':
      return { kind: 'chosen', text: `${ballot}, up to ${message.chosen}` }
    case 'forward':
      return { kind: 'forward', text: message.proposals.map(({ command }) => utf8Text(command)).join(' ') }
    default:
      return { kind: message.type, text: ballot }
  }
}

export function synodWords(message: SynodMessage): MessageWords {
  switch (message.kind) {
    case 'prepare':
      return { kind: 'prepare', text: formatBallot(message.ballot) }
    case 'promise': {
      const { accepted } = message
      const told = accepted === undefined ? 'nothing accepted' : `accepted ${value(accepted)}`
      return { kind: 'promise', text: `${formatBallot(message.ballot)}, ${told}` }
    }
    case 'accept':
    case 'accepted':
    case 'chosen':
      return { kind: message.kind, text: value(message.proposal) }
    case 'rejected':
      return {
        kind: 'rejected',
        text: `${formatBallot(message.ballot)}, promised ${formatBallot(message.promised)}`,
      }
    default:
      return { kind: message.kind, text: '' }
  }
}

/** `v1 in 3.1`: a value, and the number that it was proposed under. */
function value({ data, ballot }: Entry): string {
  return `${utf8Text(data)} in ${formatBallot(ballot)}`
}

function entries(list: readonly Entry[]): string {
  const words = list.map(({ index, kind, data }) => `${index} ${kind === 'command' ? utf8Text(data) : kind}`)
  return words.join(', ') || 'nothing'
}

/** A list of nodes for sentences. */
export function nodeNames(ids: Iterable<NodeId>): string {
  return [...ids].map(formatNodeId).join(' and ')
}
