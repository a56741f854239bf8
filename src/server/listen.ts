/** Opening ports, with errors that say which one could not be opened and why. */
import { QuorateError } from '../core/errors.ts'
import type { NetworkError } from '../runtime/network.ts'

export const ListenErrors = {
  /** The address of a listener is taken by another process. */
  addressInUse: 'QUORATE_ADDRESS_IN_USE',
  /** The address of a listener cannot be used: no such host, or not permitted. */
  addressUnusable: 'QUORATE_ADDRESS_UNUSABLE',
} as const

/** Resolves once the port is open. */
export function opened(
  url: string,
  open: (done: (error: NetworkError | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    open(error => (error === null ? resolve() : reject(listenError(url, error))))
  })
}

function listenError(url: string, error: NetworkError): QuorateError {
  if (error.kind === 'addressInUse') {
    return new QuorateError(ListenErrors.addressInUse, `${url} is in use by another process`, 'refused', {
      hint: 'stop that process, or choose other URLs',
      cause: error,
    })
  }
  const message = `cannot listen on ${url}: ${error.message}`
  return new QuorateError(ListenErrors.addressUnusable, message, 'refused', { cause: error })
}
