import type { Identity } from './identity.js'
import type { Headers } from './value.js'

/** Options of an operation that a script starts. */
export interface ScriptOperationOptions {
  /** Milliseconds, or text such as `"2s"`. Default: that of the integration. */
  readonly timeout?: number | string
  /** Further options of the operation, as the clients of the gateway take them; values only. */
  readonly [option: string]: unknown
}

/**
 * The gateway as a script sees it. Each operation rejects with a subclass of IntegrationError, and with CancelledError
 * when the call that started it is over.
 */
export interface ScriptGateway {
  /**
   * Calls a method of an integration. Resolves with the result.
   * @param integration the label of its block
   * @param method the method to call
   * @param params the parameters
   * @param options as those of `RpcClient.call`, without `signal`
   * @returns the result of the method
   * @throws IntegrationError
   */
  call<T = unknown>(
    integration: string,
    method: string,
    params?: unknown,
    options?: ScriptOperationOptions,
  ): Promise<T>
  /**
   * Publishes a message. Resolves as `PubSubClient.publish` does.
   * @param integration the label of its block
   * @param topic the topic
   * @param value the message
   * @param options as those of `PubSubClient.publish`, without `signal`
   * @throws IntegrationError
   */
  publish(integration: string, topic: string, value: unknown, options?: ScriptOperationOptions): Promise<void>
  /**
   * Puts a message into a queue. Resolves with the id of the broker.
   * @param integration the label of its block
   * @param queue the queue
   * @param value the message
   * @param options as those of `QueueClient.send`, without `signal`
   * @returns the id that the broker has given the message
   * @throws IntegrationError
   */
  send(integration: string, queue: string, value: unknown, options?: ScriptOperationOptions): Promise<string>
  /**
   * Reads the newest value of a `data` block. Resolves with a copy.
   * @param name the label of the block
   * @returns the value; `undefined` while there is none
   * @throws ConfigError if there is no such block
   */
  data<T = unknown>(name: string): Promise<T | undefined>
  /**
   * Runs an action. Resolves when it is done.
   * @param name the label of the `action` block
   * @param trigger what its expressions see as `trigger`
   * @param options `timeout`
   * @returns the result of the action
   * @throws IntegrationError
   */
  action<T = unknown>(name: string, trigger?: unknown, options?: ScriptOperationOptions): Promise<T>
}

/** What a function of a script receives beside its parameters. */
export interface ScriptContext {
  /** The method that was called; in an action, the label of its block; in a transform, that of the integration. */
  readonly method: string
  /** Text metadata of the request; empty where there is none. */
  readonly headers: Headers
  /** The caller; absent for an anonymous caller and in an action. */
  readonly identity?: Identity
  /** Aborts when the time of the call is up, its caller has cancelled it, or the gateway shuts down. */
  readonly signal: AbortSignal
  /** When the time of the call is up, in milliseconds since the epoch. */
  readonly deadline: number
  /** The gateway that runs the script. */
  readonly gateway: ScriptGateway
}

/** A function that a script exports for a method of a server or for an action. May be called concurrently. */
export type ScriptHandler = (params: unknown, context: ScriptContext) => unknown
