import type { Metadata } from '@grpc/grpc-js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { Identity } from '../../../core/identity.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { Value } from '../../../core/value.js'

/** A call whose requests have been read completely and that waits for its answer. */
export interface ServedCall {
  readonly params: Value | undefined
  /** Size of the requests in bytes. */
  readonly size: number
  /** The memory of the caller. */
  readonly memory: MemoryShare
  /** The address of the caller. */
  readonly address: string | undefined
  readonly metadata: Metadata
  /** The caller, if it is known. */
  readonly identity: Identity | undefined
  /**
   * Sends the answer.
   * @throws SerializeError if the value does not fit the method's response; the caller then gets an internal error
   */
  answer(outcome: RpcOutcome): Promise<void>
  /**
   * Sends one response of a stream that `answer` ends; absent if the method answers with a single response. Resolves
   * when the caller has room for the next. @returns false if the caller has gone
   */
  part?(value: Value): Promise<boolean>
}

/** Whether a call was accepted, or why not. */
export type Admission = 'accepted' | 'no-room' | 'no-memory' | 'too-fast' | 'shutting-down'

export type AcceptCall = (call: ServedCall) => Admission
