/** Messages of the Lease service against the oracle. */
import fc from 'fast-check'
import { readHeaderResponse, writeHeader } from './header.ts'
import {
  readLeaseGrantRequest,
  readLeaseIdRequest,
  readLeasePromiseResponse,
  writeLeaseGrantRequest,
  writeLeaseIdRequest,
  writeLeasePromiseResponse,
} from './lease.ts'
import {
  type LeaseLeasesResponse,
  type LeaseTimeToLiveResponse,
  readLeaseLeasesResponse,
  readLeaseTimeToLiveRequest,
  readLeaseTimeToLiveResponse,
  writeLeaseLeasesResponse,
  writeLeaseTimeToLiveRequest,
  writeLeaseTimeToLiveResponse,
} from './lease-status.ts'
import { conform, messageCase, parts } from './message-case.conformance.ts'
import { big, bytes, header, headerInit, int64, lease } from './random-messages.conformance.ts'

const promise = (name: string) =>
  messageCase({
    name,
    arbitrary: fc.record({ header, id: lease, ttlSeconds: int64 }),
    init: ({ header, id, ttlSeconds }) => ({ header: headerInit(header), ID: id, TTL: big(ttlSeconds) }),
    write: (to, response) => writeLeasePromiseResponse(to, parts(response.header), response),
    read: from => readLeasePromiseResponse(from),
  })

const onlyId = (name: string) =>
  messageCase({
    name,
    arbitrary: fc.record({ id: lease }),
    init: ({ id }) => ({ ID: id }),
    write: writeLeaseIdRequest,
    read: from => readLeaseIdRequest(from),
  })

conform([
  messageCase({
    name: 'LeaseGrantRequest',
    arbitrary: fc.record({ ttlSeconds: int64, id: lease }),
    init: ({ ttlSeconds, id }) => ({ TTL: big(ttlSeconds), ID: id }),
    write: writeLeaseGrantRequest,
    read: from => readLeaseGrantRequest(from),
  }),
  promise('LeaseGrantResponse'),
  onlyId('LeaseRevokeRequest'),
  messageCase({
    name: 'LeaseRevokeResponse',
    arbitrary: fc.record({ header }),
    init: ({ header }) => ({ header: headerInit(header) }),
    write: (to, { header }) => writeHeader(to, parts(header)),
    read: from => readHeaderResponse(from),
  }),
  onlyId('LeaseKeepAliveRequest'),
  promise('LeaseKeepAliveResponse'),
  messageCase({
    name: 'LeaseTimeToLiveRequest',
    arbitrary: fc.record({ id: lease, keys: fc.boolean() }),
    init: ({ id, keys }) => ({ ID: id, keys }),
    write: writeLeaseTimeToLiveRequest,
    read: from => readLeaseTimeToLiveRequest(from),
  }),
  messageCase<LeaseTimeToLiveResponse>({
    name: 'LeaseTimeToLiveResponse',
    arbitrary: fc.record({
      header,
      id: lease,
      ttlSeconds: int64,
      grantedTtlSeconds: int64,
      keys: fc.array(bytes, { maxLength: 4 }),
    }),
    init: ({ header, id, ttlSeconds, grantedTtlSeconds, keys }) => ({
      header: headerInit(header),
      ID: id,
      TTL: big(ttlSeconds),
      grantedTTL: big(grantedTtlSeconds),
      keys,
    }),
    write: (to, response) =>
      writeLeaseTimeToLiveResponse(to, parts(response.header), response, response.keys),
    read: from => readLeaseTimeToLiveResponse(from),
  }),
  messageCase<LeaseLeasesResponse>({
    name: 'LeaseLeasesResponse',
    arbitrary: fc.record({ header, ids: fc.array(lease, { maxLength: 4 }) }),
    init: ({ header, ids }) => ({ header: headerInit(header), leases: ids.map(ID => ({ ID })) }),
    write: (to, { header, ids }) => writeLeaseLeasesResponse(to, parts(header), ids),
    read: from => readLeaseLeasesResponse(from),
  }),
])
