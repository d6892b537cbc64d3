// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { AnnounceBlock } from './announce.js'
import type {
  ServerBasicAuthBlock,
  ServerBearerAuthBlock,
  ServerJwtAuthBlock,
  ServerMtlsAuthBlock,
  ServerNoneAuthBlock,
  ServerOAuth2AuthBlock,
} from './auth.js'
import type { ChaosBlock } from './chaos.js'
import type { ExposeBlock } from './expose.js'
import type { ListenBlock } from './listen.js'
import type { MailboxBlock } from './mailbox.js'
import type { MethodBlock } from './method.js'
import type { ReconnectBlock } from './reconnect.js'
import type { ServerLimitsBlock } from './server-limits.js'
import type { SupervisionBlock } from './supervision.js'

/** What every block `server` may have. */
export interface ServerAttributes {
  /** Address that the server listens on. */
  readonly listen: ListenBlock
  /** Announces the address of the server, so that a `discovery` finds it. */
  readonly announce?: AnnounceBlock | undefined
  /** JSON-RPC: integrations that must be connected before `GET /readyz` answers 200. Default: all. */
  readonly requires?: readonly string[] | undefined
  /** JSON-RPC: what callers may subscribe to over a WebSocket. Nothing is exposed by default. */
  readonly expose?: ExposeBlock | undefined
  /**
   * Time limit of one attempt to listen.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
  /** How a failed listener is restored. Without this block: after `100ms`, doubling up to `5s`. */
  readonly reconnect?: ReconnectBlock | undefined
  /** Bounds of the mailbox between the host thread and the actor. */
  readonly mailbox?: MailboxBlock | undefined
  /** Resource limits of the server. */
  readonly limits?: ServerLimitsBlock | undefined
  /** How the actor is supervised and restarted. */
  readonly supervision?: SupervisionBlock | undefined
  /** Injects faults into the integration, to test supervision. Not for production. */
  readonly chaos?: ChaosBlock | undefined
  /** How callers authenticate themselves. Without this block everybody may call everything. */
  readonly auth?:
    | ServerNoneAuthBlock
    | ServerJwtAuthBlock
    | ServerBearerAuthBlock
    | ServerBasicAuthBlock
    | ServerMtlsAuthBlock
    | ServerOAuth2AuthBlock
    | undefined
  /** Methods by their names. In HCL: `method "NAME" { … }`. */
  readonly method?: { readonly [name: string]: MethodBlock } | undefined
}
