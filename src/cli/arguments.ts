/** What the command line takes for a number, or for the id of a lease. */
import { InvalidArgumentError } from 'commander'
import { NOT_A_WHOLE_NUMBER, WHOLE_NUMBER } from '../server/whole-number.ts'
import { parseLeaseId } from './lease-commands.ts'

export function wholeNumber(text: string): number {
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError(NOT_A_WHOLE_NUMBER)
  return value
}

export function leaseId(text: string): bigint {
  const id = parseLeaseId(text)
  if (id === undefined) throw new InvalidArgumentError('Not hexadecimal, as quorate lease list prints it.')
  return id
}
