import type { z } from 'zod'
import type { ErrorKind } from '../core/errors/kinds.js'
import type { GatewayPort } from './gateway-port.js'
import type { SessionPort } from './session-port.js'

/** What a method works with. */
export interface MethodContext {
  readonly gateway: GatewayPort
  readonly session: SessionPort
  /** Aborts when the client cancels the request or is gone. Only for methods that are `cancellable`. */
  readonly signal: AbortSignal | undefined
  /** Runs a task once the answer is on its way, so that no notification overtakes it. */
  afterAnswer(task: () => void): void
}

/** The one description of a method. The check of its parameters, OpenRPC and the reference are made from it. */
export interface Method<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> {
  /** What it does, as a sentence. */
  readonly summary: string
  readonly params: P
  readonly result: R
  /** The kinds of errors that it answers with, beside those of every method. */
  readonly errors: readonly ErrorKind[]
  /** Whether `cancel` ends it. */
  readonly cancellable?: true
  /** Whether it works before `initialize`. */
  readonly always?: true
  run(params: z.output<P>, context: MethodContext): z.input<R> | Promise<z.input<R>>
}

/** Describes a method. Exists so that the compiler checks `run` against the schemas. */
export function method<P extends z.ZodObject, R extends z.ZodType>(description: Method<P, R>): Method {
  return description as unknown as Method
}
