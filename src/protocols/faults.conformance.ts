/** What happens to messages in random schedules: called by those of each protocol. */
import type { Random } from '../core/prng.ts'
import type { MessageFaults } from '../sim/message-network.ts'

/** None, a tenth or a fifth of all messages lost, doubled, and told again so much later. */
export function drawFaults(random: Random, replayDelayMs: number): MessageFaults {
  const rate = random.below(3) * 100_000
  return {
    lossPerMillion: rate,
    duplicatePerMillion: rate,
    replayPerMillion: rate,
    replayDelayUs: replayDelayMs * 1000,
  }
}
