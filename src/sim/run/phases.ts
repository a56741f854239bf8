/**
 * What a run does with a cluster. First safety: everything that was drawn goes wrong while clients ask. Then liveness:
 * a majority is healed, everybody else is left as broken as they are, and every request must come to an end. Then all
 * are healed, and must be of one mind.
 *
 * Uniform random faults alone never find the livelocks that asymmetric, lasting faults cause: hence the second phase.
 */
import { addMs, type Instant } from '../../core/time.ts'
import type { StallVerdict } from '../checkers/liveness.ts'
import type { Nemesis } from '../faults/nemesis.ts'
import { startMember } from '../faults/start-member.ts'
import { NO_STREAM_FAULTS } from '../network.ts'
import type { ClusterTrial } from './cluster-trial.ts'
import { CoreLookout } from './core-lookout.ts'
import {
  EMPTY_MS_MAX,
  LIVENESS_MS_MAX,
  LOOK_AGAIN_MS,
  REST_ELECTION_TIMEOUTS,
  REST_ELECTIONS_MAX,
  REST_MS_MIN,
  REUNION_MS_MAX,
  SAFETY_MS_MAX,
  STALL_MS_MAX,
} from './limits.ts'

/** Who asks the cluster in a run. */
export interface Load {
  /** Its clients begin. */
  start(): void
  /** Virtual time for which things go wrong, whoever is done sooner. */
  readonly safetyMsMin: number
  /** Programs that have not come to their end. */
  readonly unfinished: number
  /** Makes clients, one for each member alone, and gives how to ask one of them whether its member serves. */
  lookouts(): (member: string) => Promise<boolean>
  /** Makes such clients, and gives how to compare what these members hold. */
  comparers(): (members: readonly string[]) => Promise<Agreement>
  /** What it does in the end, on a cluster that is healed and of one mind; of one that is not, nothing is asked. */
  conclude?(): Promise<void>
}

/** Do members hold the same? */
export type Agreement =
  | { readonly kind: 'agreed' }
  /** Somebody does not answer, or is behind: that may pass. */
  | { readonly kind: 'apart'; readonly why: string }
  /** They are equally far, and do not hold the same. */
  | { readonly kind: 'differ'; readonly why: string }

/** Never throws: what goes wrong becomes a problem of the trial. */
export async function performPhases(
  trial: ClusterTrial,
  nemesis: Pick<Nemesis, 'calm'>,
  load: Load,
): Promise<void> {
  await trial.perform(async () => {
    await safety(trial, load)
    if (!trial.isSettled) await liveness(trial, nemesis, load)
    const isOfOneMind = !trial.isSettled && (await reunion(trial, load))
    if (isOfOneMind && trial.problems.verdict === 'good') await load.conclude?.()
    if (trial.problems.verdict === 'good') await emptiness(trial)
  })
}

async function safety(trial: ClusterTrial, load: Load): Promise<void> {
  const { cluster } = trial
  cluster.start()
  load.start()
  const isOver = (): boolean => load.unfinished === 0 && cluster.now() >= load.safetyMsMin * 1000
  await trial.until(isOver, SAFETY_MS_MAX)
}

async function liveness(trial: ClusterTrial, nemesis: Pick<Nemesis, 'calm'>, load: Load): Promise<void> {
  // Before, so that their paths are healed too.
  const serves = load.lookouts()
  const core = nemesis.calm()
  trial.spareTheHealed()
  if (!trial.hasQuorum)
    return trial.cluster.world.note('no quorum has begun with the group and kept its disks')
  const lookout = new CoreLookout(trial, core, serves)
  const end = addMs(trial.cluster.now(), LIVENESS_MS_MAX)
  const isOver = (): boolean => load.unfinished === 0 && lookout.isServed
  await untilStalled(trial, load, lookout, isOver, end)
  lookout.close()
  if (trial.isSettled) return
  if (isOver()) return rest(trial, core)
  if (load.unfinished === 0 && lookout.mustWait) {
    trial.cluster.world.note(`starved ${lookout.silent.join(' ')}`)
    return rest(trial, core)
  }
  tellStall(trial, load, core, lookout.silent, end)
}

/**
 * However much is left, and however slow the network: somebody is answered all the time, and all are in the end. A
 * leader outside may have stepped down a moment ago: whoever had to wait for it has that time again, to be served
 * under the next one.
 */
async function untilStalled(
  trial: ClusterTrial,
  load: Load,
  lookout: CoreLookout,
  isOver: () => boolean,
  end: Instant,
): Promise<void> {
  const { cluster } = trial
  for (let goesOn = true; goesOn && cluster.now() < end && !isOver(); ) {
    const before = trial.answers
    const since = cluster.now()
    await trial.until(isOver, STALL_MS_MAX)
    const hadToWait = load.unfinished === 0 && lookout.hadToWait(since) && !lookout.mustWait
    goesOn = !trial.isSettled && (trial.answers > before || hadToWait)
  }
}

/** A problem, unless there is a reason for it. */
function tellStall(
  trial: ClusterTrial,
  load: Load,
  core: readonly string[],
  silent: readonly string[],
  end: Instant,
): void {
  const stall = trial.judgeStall(core)
  trial.cluster.world.note(`stall ${stall.kind}: ${stall.reason}`)
  if (hasReason(stall)) return
  const what =
    silent.length > 0 ? `${silent.join(', ')} did not serve` : `${load.unfinished} programs were not done`
  const isStalled = trial.cluster.now() < end
  const since = isStalled
    ? `for ${STALL_MS_MAX / 1000} s nobody was answered`
    : `${LIVENESS_MS_MAX / 1000} s passed`
  const why = stall.kind === 'failure' ? stall.reason : `the atlas failed: ${stall.reason}`
  trial.problems.add('liveness', `${core.join(', ')} were healed, and then ${since}; ${what}; ${why}`)
}

/**
 * Who has doubts and waits for somebody else has a reason; so has who may have held with a member that lost its disk
 * what nobody holds by now. For all else the atlas answers: it leaves a majority whole, so that nothing is missing.
 */
function hasReason(stall: StallVerdict): boolean {
  return stall.kind === 'legitimate' && (stall.cause === 'noQuorum' || stall.cause === 'undecidable')
}

/**
 * Nobody is asked any more, and nothing disturbs those who are healed but the others, as broken as they are: so one
 * leads, and goes on leading. Elections without an end are no stall, for between two of them somebody is answered.
 */
async function rest(trial: ClusterTrial, core: readonly string[]): Promise<void> {
  const { cluster, problems } = trial
  // Where segments get lost and connections break, a leader may be deposed for that reason, as often as that happens.
  cluster.world.network.faults = NO_STREAM_FAULTS
  const ballots = new Set<number>()
  const restMs = Math.max(
    REST_MS_MIN,
    REST_ELECTION_TIMEOUTS * cluster.member(core[0]!).config.electionTimeoutMs,
  )
  const end = addMs(cluster.now(), restMs)
  while (cluster.now() < end && !trial.isSettled) {
    ballots.add(trial.ballot)
    await trial.until(() => false, LOOK_AGAIN_MS)
  }
  const elections = ballots.size - 1
  if (elections <= REST_ELECTIONS_MAX) return
  const what = `in ${restMs / 1000} s in which nobody asked anything there were ${elections} elections`
  problems.add('liveness', `${core.join(', ')} were healed and served, and then ${what}`)
}

/** Whether all are of one mind. If they cannot be, for a reason, that is no problem. */
async function reunion(trial: ClusterTrial, load: Load): Promise<boolean> {
  const { cluster, problems } = trial
  if (!trial.hasQuorum) return false
  healAll(trial)
  trial.takeNoRareWays()
  const compared = load.comparers()
  const last: { agreement: Agreement } = { agreement: { kind: 'apart', why: 'nobody was asked' } }
  let isOver = false
  const compare = async (): Promise<void> => {
    while (!isOver) {
      last.agreement = await compared(revive(trial))
      if (last.agreement.kind === 'agreed') return
      await cluster.pause(LOOK_AGAIN_MS)
    }
  }
  compare().catch(error => problems.crashed(error))
  await trial.until(() => last.agreement.kind === 'agreed', REUNION_MS_MAX)
  isOver = true
  if (trial.isSettled) return false
  const { agreement } = last
  if (agreement.kind === 'agreed') return true
  if (agreement.kind === 'apart' && hasReason(trial.judgeStall(trial.voters))) {
    cluster.world.note(`not of one mind, with a reason: ${agreement.why}`)
    return false
  }
  const verdict = agreement.kind === 'differ' ? 'correctness' : 'liveness'
  problems.add(verdict, `${REUNION_MS_MAX / 1000} s after all were healed, ${agreement.why}`)
  return false
}

/**
 * All are healed, and nobody asks anything any more: what waited comes to its end. What is still counted as waiting
 * was forgotten by whoever counts it, which no limit shows in the time of a run.
 */
async function emptiness(trial: ClusterTrial): Promise<void> {
  if (!trial.hasQuorum) return
  const { cluster } = trial
  const end = addMs(cluster.now(), EMPTY_MS_MAX)
  // Whoever is added in the midst of it has only begun with what it waits for.
  const present = cluster.members.flatMap(({ node }) => node ?? [])
  while (!trial.lookAtRest(present) && cluster.now() < end && !trial.isSettled) {
    await trial.until(() => false, LOOK_AGAIN_MS)
  }
}

function healAll({ cluster: { world, members } }: ClusterTrial): void {
  world.note('reunion')
  world.network.links.healAll()
  world.network.faults = NO_STREAM_FAULTS
  for (const { disk } of members) disk.faults.heal()
  for (const member of members) member.resume()
}

/**
 * Starts everybody who may be started by now. Gives who votes: whatever became of them, they must come back. Whom the
 * operator asked to add, and the cluster refuses, has no machine.
 */
function revive({ cluster, atlas, voters, hasRemoved }: ClusterTrial): readonly string[] {
  for (const member of cluster.members) if (!hasRemoved(member.name)) startMember(member, atlas)
  return voters.filter(name => cluster.has(name))
}
