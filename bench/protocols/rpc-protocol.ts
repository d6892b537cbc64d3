import type { Side } from '../measure/compare.js'
import type { Integrations } from '../sides/gateway.js'

/** What the scenarios of calls need to know of a protocol. */
export interface RpcProtocol {
  /** Begins the names of its scenarios. */
  readonly name: string
  /** For people. */
  readonly title: string
  /** A method that answers with what it is given. */
  readonly method: string
  startServer(): Promise<{ readonly port: number; stop(): Promise<void> }>
  integration(port: number): Integrations[string]
  plainCaller(port: number, inFlight: number): Promise<Side>
}
