import type { Identity } from '../core/identity.js'
import { INSPECT, shownAs, shownHeaders } from '../core/inspect.js'
import type { Headers } from '../core/value.js'
import type { RequestContext } from '../router/rpc-routes.js'

/** The context of one request. A class, so that a handler that logs it shows no secret of the headers. */
export class ServedRequest implements RequestContext {
  readonly method: string
  readonly headers: Headers
  declare readonly identity?: Identity

  constructor(method: string, headers: Headers, identity?: Identity) {
    this.method = method
    this.headers = headers
    if (identity !== undefined) this.identity = identity
  }

  /** What `console.log` shows. */
  [INSPECT](): object {
    const { method, headers, identity } = this
    // Claims may be personal.
    const subject = identity && { identity: { subject: identity.subject, scheme: identity.scheme } }
    return shownAs('RequestContext', { method, headers: shownHeaders(headers), ...subject })
  }
}
