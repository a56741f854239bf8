/**
 * Who may do what (etcd's rules): asked by the service before it proposes or reads, and by the machine again when a
 * command is applied, because the permissions may have moved in between. Both are told the same, from the same state.
 *
 * While authentication is off everybody may do everything, and nothing is looked up.
 */
import { EMPTY } from '../../../core/bytes.ts'
import type { StoreView } from '../../../runtime/store.ts'
import type { IntervalSet } from '../interval-set.ts'
import { countAttached, countAttachedWithin, NO_LEASE } from '../leases.ts'
import type {
  DeleteRangeOperation,
  PlainCommand,
  PutOperation,
  RequestOperation,
  TxnOperation,
} from '../types.ts'
import type { AuthStanding } from './auth-standing.ts'
import { intervalOf, type KeyPermissions, PermissionMemory } from './key-permissions.ts'
import type { Asker, AuthRefusal } from './types.ts'

/** The keys of a request that reads or writes them. */
export interface Keys {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
}

export class Access {
  readonly standing: AuthStanding
  readonly #memory: PermissionMemory

  constructor(standing: AuthStanding) {
    this.standing = standing
    this.#memory = new PermissionMemory(standing)
  }

  /** What only root may do. As in etcd the revision does not matter: what counts is who is root now. */
  refusalOfAdmin(view: StoreView, asker: Asker | undefined): AuthRefusal | undefined {
    if (!this.standing.enabled) return undefined
    if (asker === undefined) return 'userEmpty'
    return this.#memory.of(view, asker.user)?.isRoot === true ? undefined : 'permissionDenied'
  }

  refusalOfRead(view: StoreView, asker: Asker | undefined, keys: Keys): AuthRefusal | undefined {
    return this.#refusal(view, asker, permissions => mayRead(permissions, keys))
  }

  refusalOfTxn(view: StoreView, asker: Asker | undefined, txn: TxnOperation): AuthRefusal | undefined {
    return this.#refusal(view, asker, permissions => mayTxn(view, permissions, txn))
  }

  /** Whether all keys that go with a lease may be read, which whoever lists them needs. */
  refusalOfLeaseKeys(view: StoreView, asker: Asker | undefined, lease: bigint): AuthRefusal | undefined {
    return this.#refusal(view, asker, ({ read }) => holdsAttached(view, read, lease))
  }

  /** Whether all of them may be written, which whoever ends or prolongs the lease needs. */
  refusalOfLease(view: StoreView, asker: Asker | undefined, lease: bigint): AuthRefusal | undefined {
    return this.#refusal(view, asker, ({ write }) => holdsAttached(view, write, lease))
  }

  /**
   * Of any command. Those that a node proposes by itself come without an asker: nobody can be asked who it is when time
   * ends a lease. A client's are never without one while authentication is on.
   */
  refusalOfCommand(
    view: StoreView,
    asker: Asker | undefined,
    command: PlainCommand,
  ): AuthRefusal | undefined {
    if (!this.standing.enabled) return undefined
    switch (command.kind) {
      case 'put':
        return this.#refusal(view, asker, permissions => mayPut(view, permissions, command.put))
      case 'deleteRange':
        return this.#refusal(view, asker, permissions => mayDelete(permissions, command.deleteRange))
      case 'txn':
        return this.refusalOfTxn(view, asker, command.txn)
      case 'leaseRevoke':
        return this.refusalOfLease(view, asker, command.leaseRevoke.id)
      case 'auth':
        return isOfNode(command) ? undefined : this.refusalOfAdmin(view, asker)
      case 'leaseGrant':
      case 'leaseRenew':
      case 'leaseExpire':
        return undefined
      default:
        return asker === undefined ? undefined : this.refusalOfAdmin(view, asker)
    }
  }

  #refusal(
    view: StoreView,
    asker: Asker | undefined,
    isAllowed: (permissions: KeyPermissions) => boolean,
  ): AuthRefusal | undefined {
    if (!this.standing.enabled) return undefined
    if (asker === undefined) return 'userEmpty'
    if (asker.authRevision < this.standing.revision) return 'authRevisionOld'
    const permissions = this.#memory.of(view, asker.user)
    if (permissions === undefined) return 'permissionDenied'
    return permissions.isRoot || isAllowed(permissions) ? undefined : 'permissionDenied'
  }
}

/** What a node proposes for somebody whose password or token it has looked at. */
export function isOfNode(command: PlainCommand): boolean {
  if (command.kind !== 'auth') return false
  return command.auth.kind === 'tokenAdd' || command.auth.kind === 'tokensRenew'
}

function mayRead({ read }: KeyPermissions, { key, rangeEnd }: Keys): boolean {
  return read.covers(intervalOf(key, rangeEnd))
}

function mayWrite({ write }: KeyPermissions, { key, rangeEnd }: Keys): boolean {
  return write.covers(intervalOf(key, rangeEnd))
}

/** Whoever attaches a key to a lease must be able to end it, so that nobody hangs keys on another's lease. */
function mayPut(view: StoreView, permissions: KeyPermissions, put: PutOperation): boolean {
  const keys = { key: put.key, rangeEnd: EMPTY }
  if (!mayWrite(permissions, keys)) return false
  if (put.prevKv && !mayRead(permissions, keys)) return false
  return put.lease === NO_LEASE || holdsAttached(view, permissions.write, put.lease)
}

function mayDelete(permissions: KeyPermissions, operation: DeleteRangeOperation): boolean {
  return mayWrite(permissions, operation) && (!operation.prevKv || mayRead(permissions, operation))
}

/** Both branches: which one is taken would tell what the conditions read. */
function mayTxn(view: StoreView, permissions: KeyPermissions, txn: TxnOperation): boolean {
  const may = (operation: RequestOperation): boolean => mayOperate(view, permissions, operation)
  return (
    txn.compare.every(compare => mayRead(permissions, compare)) &&
    txn.success.every(may) &&
    txn.failure.every(may)
  )
}

function mayOperate(view: StoreView, permissions: KeyPermissions, operation: RequestOperation): boolean {
  switch (operation.kind) {
    case 'range':
      return mayRead(permissions, operation.range)
    case 'put':
      return mayPut(view, permissions, operation.put)
    case 'deleteRange':
      return mayDelete(permissions, operation.deleteRange)
    case 'txn':
      return mayTxn(view, permissions, operation.txn)
  }
}

/** By counting, so that a lease with many keys costs as much as there are intervals. */
function holdsAttached(view: StoreView, allowed: IntervalSet, lease: bigint): boolean {
  let left = countAttached(view, lease)
  for (const interval of allowed.intervals) {
    if (left === 0) return true
    left -= countAttachedWithin(view, lease, interval)
  }
  return left === 0
}
