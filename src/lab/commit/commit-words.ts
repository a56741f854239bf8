/** The messages of atomic commitment in a few words. */
import { type CommitMessage, transactionName } from '../../protocols/commit/index.ts'
import type { MessageWords } from '../recorder.ts'

export function commitWords(message: CommitMessage): MessageWords {
  const name = transactionName(message.transaction)
  switch (message.kind) {
    case 'vote':
      return { kind: message.isYes ? 'vote yes' : 'vote no', text: name }
    case 'decision':
      return { kind: message.decision, text: name }
    case 'standing':
      return { kind: 'standing', text: `${name} ${message.standing}` }
    case 'inquiry':
      return { kind: 'inquiry', text: `${name}, to a ${message.isPeer ? 'fellow' : 'coordinator'}` }
    case 'preCommit':
      return { kind: 'pre-commit', text: name }
    case 'preCommitted':
      return { kind: 'pre-committed', text: name }
    default:
      return { kind: message.kind, text: name }
  }
}
