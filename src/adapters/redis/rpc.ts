import type { Attempt } from '../../core/adapter/attempt.js'
import type { RpcFacet } from '../../core/adapter/rpc-facet.js'
import type { Clock } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import { unsent } from '../cut-off.js'
import { noServer } from '../rpc-errors.js'
import { runScript } from './commands.js'
import type { Argument } from './connection.js'
import type { Failure } from './failures.js'
import type { RedisConfig } from './manifest.js'
import { requestStream, serversKey } from './rpc-keys.js'
import { REQUEST } from './rpc-scripts.js'
import type { Session } from './session.js'

const SERVER_ERROR = -32_000
/** Maximum lifetime of a request, in milliseconds. It bounds that of a notification, which may have no deadline. */
const LONGEST_MS = 24 * 3_600_000

/**
 * Calls over streams: a server takes the request from the stream of its method, and the answer goes to the stream of
 * the caller. A request is delivered at most once; a call to a method without a server fails at once.
 */
export function rpcFacet(
  current: () => Session,
  format: WireFormat,
  { rpc: { prefix } }: RedisConfig,
  clock: Clock,
): RpcFacet {
  async function request(
    { pool }: Session,
    method: string,
    params: Uint8Array | undefined,
    deadline: number,
    fields: readonly Argument[],
  ): Promise<boolean> {
    const keys = [requestStream(prefix, method), serversKey(prefix, method)]
    const ms = Math.min(LONGEST_MS, Math.max(1, Math.ceil(deadline - clock.monotonic())))
    const args = [ms, ...fields, ...(params === undefined ? [] : ['params', params])]
    try {
      return (await runScript(pool, REQUEST, keys, args)) === 1
    } catch (error) {
      throw pool.failure(error, refused)
    }
  }
  const encode = (params: Value | undefined) => (params === undefined ? undefined : format.encode(params))

  return {
    async call(method, params, context) {
      const session = current()
      const payload = encode(params)
      const { replies, pool } = session
      await untilAborted(replies.listen(), context.signal, `call ${method}`).catch((error: unknown) => {
        const failure = pool.failure(error, refused)
        // The call itself was not sent.
        throw failure instanceof ConnectionError && !failure.notExecuted ? unsent(failure) : failure
      })
      const reply = replies.expect(method, context)
      const fields = ['call', reply.number, 'reply', replies.key, ...authorizationOf(context)]
      request(session, method, payload, context.deadline, fields).then(
        (served) => served || reply.fail(noServer(method, { notExecuted: true })),
        reply.fail,
      )
      return reply.answer
    },

    async notify(method, params, context) {
      const payload = encode(params)
      // A notification expects no answer, so a method without a server is not an error.
      await request(current(), method, payload, context.deadline, [
        'notification',
        1,
        ...authorizationOf(context),
      ])
    },
  }
}

/** The only header that a request carries: the credentials of the caller. */
function authorizationOf({ headers }: Attempt): readonly string[] {
  const found = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'authorization')
  return found === undefined ? [] : ['authorization', found[1]]
}

const refused: Failure = (reason, context) => new RpcError(SERVER_ERROR, reason, undefined, context)
