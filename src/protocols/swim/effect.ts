/** What a member asks for, and what it tells about the others. */
import type { SendEffect } from '../../core/sans-io.ts'
import type { Member } from './member.ts'
import type { SwimMessage } from './message.ts'

export type SwimEffect =
  | SendEffect<SwimMessage>
  | { readonly kind: MemberNews; readonly member: Member }
  /** This member has left, and says nothing any more. */
  | { readonly kind: 'departed' }

export type MemberNews =
  /** Is new, or is back. */
  | 'joined'
  /** Tells something else about itself. */
  | 'updated'
  /** Does not answer; it has some time to say that it lives. */
  | 'suspected'
  /** Has said so. */
  | 'trusted'
  | 'died'
  /** Went, and said so. */
  | 'left'
  /** Has been gone for so long that nothing is known of it any more. */
  | 'forgotten'
