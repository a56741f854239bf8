import { DiskError, type DiskErrorKind } from '../disk.ts'

const KINDS: ReadonlyMap<string | undefined, DiskErrorKind> = new Map<string, DiskErrorKind>([
  ['ENOENT', 'notFound'],
  ['ENOTDIR', 'notFound'],
  ['EEXIST', 'exists'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  ['EROFS', 'readOnly'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
])

/** The system's error in the runtime's terms. */
export function diskError(path: string, cause: unknown): DiskError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new DiskError(KINDS.get(errorCode(cause)) ?? 'io', path, message, cause)
}

/** Runs a synchronous file operation; whatever it throws leaves as a `DiskError`. */
export function onDisk<Result>(path: string, operation: () => Result): Result {
  try {
    return operation()
  } catch (cause) {
    throw diskError(path, cause)
  }
}

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The system could not do it just now and says so; nothing is wrong. */
export function isTryAgain(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'EINTR' || code === 'EAGAIN'
}
