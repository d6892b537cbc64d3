import { INSPECT, shownAs, shownHeaders } from '../core/inspect.js'
import type { Headers } from '../core/value.js'
import type { RequestContext } from '../router/rpc-routes.js'

/** The context of one request. A class, so that a handler that logs it shows no secret of the headers. */
export class ServedRequest implements RequestContext {
  readonly method: string
  readonly headers: Headers

  constructor(method: string, headers: Headers) {
    this.method = method
    this.headers = headers
  }

  /** What `console.log` shows. */
  [INSPECT](): object {
    return shownAs('RequestContext', { method: this.method, headers: shownHeaders(this.headers) })
  }
}
