import type { EventEmitter } from 'node:events'
import {
  Metadata,
  type Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js'
import type { Access, AccessRefusal, Caller, Credentials } from '../../../core/adapter/authentication.js'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import type { Identity } from '../../../core/identity.js'
import { callerCertificate } from '../../caller-certificate.js'
import { callerKey } from '../../caller-key.js'
import { watchExpiry } from '../../token-expiry.js'
import { identity as bytes } from '../bytes.js'
import type { Methods } from '../methods.js'
import { remoteAddressOf, streamOfHandled } from './caller-memory.js'
import { endingReply } from './ending-reply.js'
import type { Limiters } from './limiters.js'
import type { Refusal } from './refusal.js'
import type { Reply } from './reply.js'

/** A call of any kind. */
export type AnyCall =
  | ServerUnaryCall<Buffer, Buffer>
  | ServerReadableStream<Buffer, Buffer>
  | ServerWritableStream<Buffer, Buffer>
  | ServerDuplexStream<Buffer, Buffer>

const ANONYMOUS: Caller = { kind: 'anonymous' }
const EXPIRED = 'the token has expired'
const TOO_FAST = 'too many requests of this caller'
const CREDENTIALS = ['authorization', 'dpop']
const STATUS: { readonly [K in AccessRefusal['kind']]: status } = {
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  unavailable: status.UNAVAILABLE,
}

/** Authenticates callers before their requests are read, and keeps the audit record of those that are refused. */
export class Guard {
  readonly #context: Pick<AdapterContext, 'authentication' | 'clock'>
  readonly #limiters: Limiters
  readonly #scheme: 'http' | 'https'
  /** The methods that have their own rule, by path: a method may be written in several ways. */
  readonly #names = new Map<string, string>()

  constructor(
    context: Pick<AdapterContext, 'authentication' | 'clock' | 'settings'>,
    methods: Methods,
    limiters: Limiters,
  ) {
    this.#context = context
    this.#limiters = limiters
    this.#scheme = context.settings.listen?.tls === undefined ? 'http' : 'https'
    for (const name of context.authentication?.methods ?? [])
      this.#names.set(pathOf(name, methods, context.settings.name), name)
  }

  /**
   * Calls `accept` with the caller if it may call the method, at once if it is remembered; otherwise `refuse`. A call that
   * has ended meanwhile gets neither.
   */
  admit(
    call: AnyCall,
    refuse: (refusal: Refusal) => void,
    accept: (identity: Identity | undefined, who: Caller) => void,
  ): void {
    const { authentication } = this.#context
    if (authentication === undefined) return accept(undefined, ANONYMOUS)
    const path = call.getPath()
    const method = this.#names.get(path) ?? path
    const proceed = (who: Caller) => {
      if (call.cancelled) return
      const access: Access = authentication.access(method, who)
      if (access.isAllowed) accept(access.identity, access.identity === undefined ? ANONYMOUS : who)
      else refuse(this.#refused(call, path, access.refusal))
    }
    const caller = authentication.identify(this.#credentialsOf(call))
    // Handlers get the identity in place of the credentials.
    for (const name of CREDENTIALS) call.metadata.remove(name)
    if (caller instanceof Promise) void caller.then(proceed)
    else proceed(caller)
  }

  /** Makes a reply to a stream, which ends with UNAUTHENTICATED when the token of its caller expires. */
  untilExpiry(call: AnyCall, who: Caller, reply: Reply): Reply {
    const ending = endingReply(reply, () => timer?.cancel())
    const timer = watchExpiry(who, this.#context.clock, () => {
      this.#record(call, call.getPath(), EXPIRED)
      ending.refuse({ code: status.UNAUTHENTICATED, details: EXPIRED, metadata: new Metadata() })
    })
    if (timer === undefined) return reply
    ;(call as EventEmitter).once('cancelled', () => timer.cancel())
    return ending
  }

  /** Makes the server check callers of unknown methods too, so that they do not learn which methods exist. */
  hideUnknown(server: Server): void {
    if (this.#context.authentication === undefined) return
    const handlers = server as unknown as { _retrieveHandler(path: string): object | null }
    const known = handlers._retrieveHandler.bind(server)
    handlers._retrieveHandler = (path) =>
      known(path) ?? {
        func: (call: ServerDuplexStream<Buffer, Buffer>) => this.#unknown(call),
        serialize: bytes,
        deserialize: bytes,
        type: 'bidi',
        path,
      }
  }

  #unknown(call: ServerDuplexStream<Buffer, Buffer>): void {
    call.on('error', () => {})
    const refuse = (refusal: Refusal) => void call.emit('error', refusal)
    this.admit(call, refuse, () =>
      refuse({
        code: status.UNIMPLEMENTED,
        details: `The server does not implement the method ${call.getPath()}`,
        metadata: new Metadata(),
      }),
    )
  }

  #refused(call: AnyCall, path: string, { kind, reason }: AccessRefusal): Refusal {
    const address = remoteAddressOf(streamOfHandled(call))
    const { refusals, rates } = this.#limiters
    // A caller that guesses tokens is slowed down. Calls that are let through are counted later, by who makes them.
    if (rates?.admit(callerKey(address)).isAdmitted === false) {
      refusals.add({ reason: TOO_FAST, method: path, address })
      return { code: status.RESOURCE_EXHAUSTED, details: TOO_FAST, metadata: new Metadata() }
    }
    this.#record(call, path, reason)
    return { code: STATUS[kind], details: reason, metadata: new Metadata() }
  }

  #record(call: AnyCall, method: string, reason: string): void {
    const address = remoteAddressOf(streamOfHandled(call))
    const { scheme } = this.#context.authentication!
    this.#limiters.refusals.add({ reason, method, address, scheme })
  }

  #credentialsOf(call: AnyCall): Credentials {
    const { metadata } = call
    const authorization = metadata.get('authorization')
    const proofs = metadata.get('dpop').map(String)
    return {
      // Several values are refused, because a proxy may have judged the call by another one.
      authorization: authorization.length === 0 ? undefined : authorization.join(', '),
      ...(proofs.length > 0 && { proofs }),
      request: { method: 'POST', url: `${this.#scheme}://${call.getHost()}${call.getPath()}` },
      certificate: () => {
        const socket = streamOfHandled(call).session?.socket
        return socket && callerCertificate(socket)
      },
    }
  }
}

/** The path of a configured method. A rule for a method that does not exist is a mistake that must not be passed over. */
function pathOf(name: string, methods: Methods, integration: string): string {
  try {
    return methods.get(name).path
  } catch (error) {
    throw new ConnectionError(`the block method "${name}" is wrong: ${(error as Error).message}`, {
      integration,
      retryable: false,
    })
  }
}
