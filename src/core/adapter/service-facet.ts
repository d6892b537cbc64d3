import type { Identity } from '../identity.js'
import type { Value } from '../value.js'
import type { Attempt } from './attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from './inbound.js'
import type { RpcOutcome } from './rpc-facet.js'

/** A request of a caller on the other side. */
export interface InboundRequest extends InboundMessage {
  /** The parameters, decoded. */
  readonly params: Value | undefined
  /** The caller; absent if it is anonymous. */
  readonly identity?: Identity
  /**
   * Sends the answer. Later answers to the same request, and answers to a notification, do nothing. Resolves when the
   * answer was written.
   * @throws an IntegrationError when the caller can no longer be reached
   */
  answer(outcome: RpcOutcome): Promise<void>
  /**
   * Sends a part of an answer that is a stream, which `answer` ends: with success, whose value is ignored, or with an
   * error. Absent if the protocol or the method has no streams. Resolves when the caller has room for the next part.
   * @returns false if the caller has gone
   * @throws SerializeError if the part does not fit the method's response
   */
  part?(value: Value): Promise<boolean>
}

/** The served methods of a protocol. All methods are called concurrently, while connected. */
export interface ServiceFacet {
  /**
   * Starts serving `method`. Resolves when requests reach it. Replaces an earlier subscription of the same method;
   * closing the earlier one must not end the later one.
   * @param method the method as callers name it
   * @param sink receives the requests
   * @returns the subscription, which the actor closes
   * @throws an IntegrationError when the broker refuses
   */
  serve(method: string, sink: MessageSink<InboundRequest>, context: Attempt): Promise<AdapterSubscription>
}
