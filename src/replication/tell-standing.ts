/** Says in the node's log what a member can vouch for, and what it is waiting for until it can. */
import { unreachable } from '../core/assert.ts'
import { formatNodeId } from '../core/ids.ts'
import type { Doubt } from '../core/log-update.ts'
import type { Standing } from '../protocols/consensus.ts'
import type { Logger } from '../runtime/logger.ts'

const SENTENCES: Readonly<Record<Doubt, string>> = {
  none: 'this member asks the others what it may have promised',
  tail: 'the last batch of the log was damaged: the others are asked what it may have held',
  new: 'this member holds nothing: the others are asked whether the group has begun',
  lost: 'this member may have held what it lacks now: it takes no part until the others have told it enough',
}

export function tellStanding(logger: Logger, standing: Standing): void {
  switch (standing.kind) {
    case 'asking': {
      const awaited = standing.awaited.map(formatNodeId).join(' ')
      if (standing.isStuck) {
        logger.warn('still asking: without an answer of these members nobody can tell what was promised', {
          awaited,
        })
      } else if (standing.doubt === 'new') {
        logger.info(SENTENCES.new, { awaited })
      } else {
        logger.warn(SENTENCES[standing.doubt], { awaited })
      }
      return
    }
    case 'catchingUp':
      return logger.warn('the others have told enough: this member takes part, and fetches what it lacks', {
        index: standing.index,
      })
    case 'forgetful':
      return logger.error(
        'this member lacks what it has acknowledged: its data directory is an older copy, or its disk lost ' +
          'a write; stop it, and start it on an empty directory: the others give it everything',
        { index: standing.index },
      )
    case 'whole':
      return logger.info('this member lacks nothing that it may have held')
    default:
      unreachable(standing)
  }
}
