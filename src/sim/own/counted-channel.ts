/** A channel that says when it was answered: so a run can tell a program that gets on from one that does not. */
import type { Channel } from '../../client/channel.ts'
import type { Attempt } from '../../client/errors.ts'
import type { Instant } from '../../core/time.ts'

export class CountedChannel implements Channel {
  readonly #channel: Channel
  readonly #answered: () => void

  constructor(channel: Channel, answered: () => void) {
    this.#channel = channel
    this.#answered = answered
  }

  get endpoint(): string {
    return this.#channel.endpoint
  }

  async call(path: string, message: Uint8Array, deadline: Instant): Promise<Attempt> {
    const attempt = await this.#channel.call(path, message, deadline)
    if (attempt.kind === 'answered' || attempt.kind === 'rejected') this.#answered()
    return attempt
  }

  close(): void {
    this.#channel.close()
  }
}
