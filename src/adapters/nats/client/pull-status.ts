import type { HeaderBlock } from './headers.js'

/**
 * What a status message means for a pull request (JetStream, `CONSUMER.MSG.NEXT`):
 * - `alive`: the request is still open;
 * - `ended`: its time or its batch is used up, so make another;
 * - `busy`: the server cannot serve it now, so retry later;
 * - `gone`: the consumer, its stream or JetStream does not exist;
 * - `refused`: the server does not accept such a request.
 */
export type PullStatus = 'alive' | 'ended' | 'busy' | 'gone' | 'refused'

const [CONTINUE, BAD_REQUEST, NOT_FOUND, TIMEOUT, CONFLICT, NO_RESPONDERS] = [
  100, 400, 404, 408, 409, 503,
] as const

const GONE = /(consumer|stream) deleted/i
const ENDED = /batch completed/i
const REFUSED = /push based|exceeded maxrequest|bad request/i

export function pullStatus({ status, description = '' }: HeaderBlock): PullStatus {
  switch (status) {
    case BAD_REQUEST:
      return 'refused'
    case NOT_FOUND:
      return 'busy'
    case TIMEOUT:
      return 'ended'
    case NO_RESPONDERS:
      return 'gone'
    case CONFLICT:
      if (GONE.test(description)) return 'gone'
      if (ENDED.test(description)) return 'ended'
      return REFUSED.test(description) ? 'refused' : 'busy'
    case undefined:
    case CONTINUE:
      return 'alive'
    default:
      return 'alive'
  }
}
