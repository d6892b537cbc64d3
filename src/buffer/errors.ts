import { ConfigError } from '../core/errors/config.js'
import { EnqueueError } from '../core/errors/queue.js'
import type { BufferErrorCode } from './message-buffer.js'

/** Why a write failed, in words, by the code of the system. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system allows',
}
const REFUSED: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'the path is not a folder',
  ENOENT: 'the folder is missing and cannot be made',
}

/** The code of an error of the system, such as `ENOSPC`. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** The error of a message that could not be stored. */
export function appendFailure(folder: string, cause: unknown): EnqueueError {
  const { code, reason } = describe(cause)
  // Not stored and synced, so the caller must not take it as safe; it may be read later all the same.
  return withCode(new EnqueueError(folder, reason, { cause, retryable: true, fault: 'local' }), code)
}

/** The error of a message that has no room even in an empty buffer. */
export function tooLarge(folder: string, bytes: number, limit: number): EnqueueError {
  const reason = `the message takes ${bytes} bytes, and max_bytes leaves ${limit}; raise max_bytes`
  const options = { notExecuted: true, retryable: false, fault: 'local' } as const
  return withCode(new EnqueueError(folder, reason, options), 'too-large')
}

/** The error of a folder that cannot be opened. @param what is kept there */
export function openFailure(folder: string, cause: unknown, what = 'the buffer'): ConfigError {
  const { code, reason } = describe(cause)
  const message = `cannot open ${what} in ${folder}: ${reason}`
  return withCode(new ConfigError(message, [], { cause, retryable: code !== 'not-writable' }), code)
}

/** The error of a folder that somebody else uses. @param holder who, in words */
export function inUse(folder: string, holder: string): ConfigError {
  const message = `cannot use ${folder}: it is used by ${holder}`
  return withCode(new ConfigError(message, [], { retryable: true }), 'in-use')
}

/** The error of a file that is no longer where it was written. */
export function folderLost(): Error & { readonly code: BufferErrorCode } {
  return withCode(new Error('the folder was removed or replaced while it was in use'), 'folder-lost')
}

function describe(cause: unknown): { code: BufferErrorCode; reason: string } {
  const own = systemCode(cause)
  if (own === 'folder-lost' || own === 'in-use') return { code: own, reason: (cause as Error).message }
  const system = systemCode(cause)
  const full = FULL[system]
  if (full !== undefined) return { code: 'disk-full', reason: full }
  const refused = REFUSED[system]
  if (refused !== undefined) return { code: 'not-writable', reason: refused }
  return { code: 'io', reason: (cause as Partial<Error> | null)?.message ?? String(cause) }
}

function withCode<E extends Error>(error: E, code: BufferErrorCode): E & { readonly code: BufferErrorCode } {
  return Object.assign(error, { code })
}
