/** What a core tells its group about itself, at the end of a step, if there is news. */
import { type Ballot, type Index, NOBODY, type NodeId } from '../../core/ids.ts'
import type { Doubt } from '../../core/log-update.ts'
import type { ConsensusEffect, Role, Standing } from '../consensus.ts'

/** After so many rounds of questions without an end a node is called stuck. */
const ROUNDS_UNTIL_STUCK = 50

/** Of a node that has nothing to say about it. */
const WHOLE: Standing = { kind: 'whole' }

/** What a node in doubt asks for, and whom. */
interface Asking {
  readonly doubt: Doubt
  readonly rounds: number
  readonly awaited: readonly NodeId[]
}

export class Reports {
  #role: Role | undefined
  #leader: NodeId = NOBODY
  #ballot = 0 as Ballot
  #standing = WHOLE

  role<Message>(out: ConsensusEffect<Message>[], role: Role, leader: NodeId, ballot: Ballot): void {
    if (role === this.#role && leader === this.#leader && ballot === this.#ballot) return
    this.#role = role
    this.#leader = leader
    this.#ballot = ballot
    out.push({ kind: 'role', role, leader, ballot })
  }

  /**
   * @param floor up to where it catches up before it is trusted with everything again; 0 if it is
   * @param missing up to where it said that it holds what it lacks; 0 if it lacks nothing of that kind
   */
  standing<Message>(
    out: ConsensusEffect<Message>[],
    inquiries: Asking | undefined,
    floor: Index,
    missing = 0 as Index,
  ): void {
    const standing = standingOf(inquiries, floor, missing, this.#standing)
    if (standing === this.#standing) return
    this.#standing = standing
    out.push({ kind: 'standing', standing })
  }
}

/** As it was told last, unless there is news. */
function standingOf(inquiries: Asking | undefined, floor: Index, missing: Index, told: Standing): Standing {
  if (inquiries) {
    const { doubt, awaited } = inquiries
    const isStuck = inquiries.rounds > ROUNDS_UNTIL_STUCK
    const isTold = told.kind === 'asking' && told.doubt === doubt && told.isStuck === isStuck
    return isTold ? told : { kind: 'asking', doubt, isStuck, awaited }
  }
  if (floor > 0) return told.kind === 'catchingUp' ? told : { kind: 'catchingUp', index: floor }
  if (missing > 0) return told.kind === 'forgetful' ? told : { kind: 'forgetful', index: missing }
  return told.kind === 'whole' ? told : WHOLE
}
