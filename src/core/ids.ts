/**
 * Names for numbers that must not be mixed. Counters of ours are `number`s below 2^53; ids that others
 * choose are exact 64-bit `bigint`s.
 */

declare const nodeId: unique symbol
declare const groupId: unique symbol
declare const index: unique symbol
declare const ballot: unique symbol
declare const token: unique symbol
declare const proposalId: unique symbol
declare const readId: unique symbol

/** A member of the cluster: an unsigned 64-bit number (etcd's member id). Zero is nobody. */
export type NodeId = bigint & { readonly [nodeId]: true }

/** A group on this node: an unsigned 32-bit number, the same on every node that hosts the group. */
export type GroupId = number & { readonly [groupId]: true }

/** A position in a group's log. The first entry has index 1; 0 means "before everything". */
export type Index = number & { readonly [index]: true }

/** The number that orders attempts to lead: Raft's term, Paxos's ballot. 0 means "none yet". */
export type Ballot = number & { readonly [ballot]: true }

/** Stands for one request to make something durable. Grows monotonically per group and incarnation. */
export type Token = number & { readonly [token]: true }

/** Names a proposal among all that its origin node ever made (the node makes sure of that). */
export type ProposalId = number & { readonly [proposalId]: true }

/** Names a batch of reads among all of this incarnation; never reused, not even for a retry. */
export type ReadId = number & { readonly [readId]: true }

export const NOBODY = 0n as NodeId

/** Lower-case hexadecimal without padding, as etcd prints member and cluster ids. */
export function formatNodeId(id: NodeId): string {
  return id.toString(16)
}
