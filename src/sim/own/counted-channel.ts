/** A channel that says when it was answered: so a run can tell a program that gets on from one that does not. */
import type { Channel, StreamAttempt, StreamOptions } from '../../client/channel.ts'
import type { Attempt } from '../../client/errors.ts'

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

  async call(...request: Parameters<Channel['call']>): Promise<Attempt> {
    const attempt = await this.#channel.call(...request)
    if (attempt.kind === 'answered' || attempt.kind === 'rejected') this.#answered()
    return attempt
  }

  /** What comes over a stream tells nothing of whether requests are answered. */
  stream(path: string, options?: StreamOptions): Promise<StreamAttempt> {
    return this.#channel.stream(path, options)
  }

  close(): void {
    this.#channel.close()
  }
}
