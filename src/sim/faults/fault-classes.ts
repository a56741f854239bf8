/**
 * Every class of faults that the field's most trusted systems inject, and how it stands here. What a class is named in
 * summaries of runs is its id: N network, P processes, D disks, C clocks, U users, B code.
 */

/**
 * `scheduled`: drawn into the schedule of a run. `chance`: happens by itself where a setting of the run or another
 * fault opens the door. `setting`: a choice made before the run. `workload`: what clients do.
 */
type FaultStanding = 'scheduled' | 'chance' | 'setting' | 'workload'

interface FaultClass {
  readonly name: string
  readonly sentence: string
  readonly standing: FaultStanding
  readonly note?: string
}

export const FAULT_CLASSES = {
  N1: {
    name: 'delay',
    sentence: 'Everything takes an exponential time on its way, with a floor.',
    standing: 'setting',
  },
  N2: { name: 'loss', sentence: 'Segments are lost, and sent again later.', standing: 'setting' },
  N3: {
    name: 'late repeats',
    sentence:
      'What was sent over a connection that its sender knows to be broken arrives, behind what was sent again.',
    standing: 'scheduled',
    note: 'counted when a process takes it; a stream delivers nothing twice, so it is the sender who repeats',
  },
  N4: {
    name: 'reordering',
    sentence: 'A segment overtakes an earlier one.',
    standing: 'chance',
    note: 'delays are drawn for each segment; what travels on two connections is seen out of order',
  },
  N5: { name: 'clog', sentence: 'A path delays everything for up to seconds.', standing: 'scheduled' },
  N6: {
    name: 'narrow path',
    sentence: 'A path drops what is beyond a few packets in flight.',
    standing: 'scheduled',
  },
  N7: {
    name: 'partition',
    sentence: 'Members fall into groups that do not reach each other, in one direction or in both.',
    standing: 'scheduled',
  },
  N8: {
    name: 'partial partition',
    sentence: 'Two members do not reach each other, and both reach the rest.',
    standing: 'scheduled',
  },
  N9: {
    name: 'swizzle-clog',
    sentence: 'Some members are clogged one after the other, and freed in another order.',
    standing: 'scheduled',
  },
  N10: {
    name: 'corruption',
    sentence: 'A bit of a segment is turned, unseen by any checksum below ours.',
    standing: 'setting',
  },
  N11: {
    name: 'broken connections',
    sentence: 'Connections are reset in the middle of a frame, go half open, or are cut into odd pieces.',
    standing: 'scheduled',
    note: 'chance resets them too; a slow reader is a paused process (P3, C5)',
  },
  N12: {
    name: 'moved peer',
    sentence: 'The address of a peer changes.',
    standing: 'scheduled',
    note: 'counted when the others know of its new place, and it is started there; a run with an operator only',
  },

  P1: { name: 'crash', sentence: 'A process dies between any two of its inputs.', standing: 'scheduled' },
  P2: {
    name: 'crash at a point',
    sentence: 'A process or its machine dies right before or after a write, a sync or a rename.',
    standing: 'scheduled',
    note: 'after a sync it has done what waited for it, and nothing of that has left; behind an answer it is P1',
  },
  P3: { name: 'pause', sentence: 'A process stops for milliseconds to minutes.', standing: 'scheduled' },
  P4: {
    name: 'restart storm',
    sentence: 'A process dies again and again, soon after it was started.',
    standing: 'scheduled',
  },
  P5: {
    name: 'lost disk',
    sentence: 'A machine loses all that it had stored.',
    standing: 'scheduled',
    note: 'it comes back with an empty one, and asks the others what it may have promised',
  },
  P6: {
    name: 'limits',
    sentence: 'Requests, transactions and the quota meet small limits.',
    standing: 'setting',
    note: 'counted by who sees the refusals',
  },
  P7: {
    name: 'mixed versions',
    sentence: 'Members run different versions, upgraded and downgraded one by one.',
    standing: 'scheduled',
    note: 'the present program, and itself as far as the version before understands it',
  },
  P8: {
    name: 'changed membership',
    sentence: 'Members are added, removed and replaced under load.',
    standing: 'scheduled',
    note: 'counted when the cluster has agreed; a run with an operator only',
  },
  P9: {
    name: 'orderly stop',
    sentence: 'A process is asked to stop: it hands over, answers everyone, closes its files.',
    standing: 'scheduled',
  },

  D1: {
    name: 'power loss',
    sentence: 'Machines lose power, one or all at once, and with it what was not synced.',
    standing: 'scheduled',
  },
  D2: {
    name: 'torn write',
    sentence: 'Of the sectors of one write, some survive a power loss.',
    standing: 'chance',
    note: 'when power is lost',
  },
  D3: {
    name: 'reordered writes',
    sentence: 'What was written later survives a power loss, and what was written earlier does not.',
    standing: 'chance',
    note: 'when power is lost',
  },
  D4: {
    name: 'failed sync',
    sentence: 'A sync fails, and what it did not make durable looks clean.',
    standing: 'scheduled',
  },
  D5: { name: 'I/O error', sentence: 'A read or a write fails.', standing: 'scheduled' },
  D6: { name: 'full disk', sentence: 'Nothing more fits, for a while.', standing: 'scheduled' },
  D7: { name: 'rot', sentence: 'A bit flips at rest.', standing: 'scheduled' },
  D8: {
    name: 'misdirection',
    sentence: 'A write lands elsewhere, or a read comes from elsewhere in the file.',
    standing: 'scheduled',
  },
  D9: {
    name: 'lost write',
    sentence: 'A write reports success and never arrives.',
    standing: 'scheduled',
  },
  D10: {
    name: 'short write',
    sentence: 'Only a first part of a write arrives.',
    standing: 'chance',
    note: 'when writes fail (D5); reads are whole by the contract of the disk, whose adapter repeats short ones',
  },
  D11: { name: 'slow disk', sentence: 'Every operation takes longer for a while.', standing: 'scheduled' },
  D12: {
    name: 'names come back',
    sentence: 'A creation, rename or removal that was not synced is undone by a power loss.',
    standing: 'chance',
    note: 'when power is lost',
  },
  D13: { name: 'truncation', sentence: 'A file ends earlier than it did.', standing: 'scheduled' },

  C1: { name: 'drift', sentence: 'A clock is fast or slow.', standing: 'scheduled' },
  C2: { name: 'steps', sentence: 'A wall clock jumps forward or back.', standing: 'scheduled' },
  C3: {
    name: 'periodic error',
    sentence: 'A clock is fast and slow by turns.',
    standing: 'scheduled',
  },
  C4: {
    name: 'diverging clocks',
    sentence: 'Wall and monotonic clock of a machine go apart, little by little.',
    standing: 'scheduled',
  },
  C5: {
    name: 'late timers',
    sentence: 'A process stalls for some milliseconds, as for a collector.',
    standing: 'scheduled',
  },

  U1: {
    name: 'unknown outcomes',
    sentence: 'A client does not learn what became of its request, and tries again.',
    standing: 'workload',
  },
  U2: {
    name: 'odd requests',
    sentence: 'Hot keys, huge values, empty and boundary keys.',
    standing: 'workload',
  },
  U3: {
    name: 'overload',
    sentence: 'More is asked for than can be done.',
    standing: 'setting',
    note: 'what may wait is so little that a few clients are too many; counted by who sees the refusals',
  },
  U4: {
    name: 'wrong set-up',
    sentence: "A wrong configuration, or another node's data directory.",
    standing: 'scheduled',
    note: 'a machine that was never claimed has nothing to refuse with; what cannot be parsed, tests show',
  },

  B1: {
    name: 'buggify',
    sentence: 'Sites in the code take their rare way on purpose.',
    standing: 'chance',
    note: 'every run draws which sites are active (`core/seams.ts`)',
  },
  B2: {
    name: 'shrunken constants',
    sentence: 'Limits are so small that every edge is met with little data.',
    standing: 'setting',
    note: 'in every run; counted by whoever makes the run',
  },
} as const satisfies Record<string, FaultClass>

export type FaultClassId = keyof typeof FAULT_CLASSES

/** In the order of the table. */
export const FAULT_CLASS_IDS = Object.keys(FAULT_CLASSES) as readonly FaultClassId[]

/** As people read it: `N7 partition`. */
export function faultClassLabel(id: FaultClassId): string {
  return `${id} ${FAULT_CLASSES[id].name}`
}
