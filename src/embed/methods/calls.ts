import { z } from 'zod'
import { type Method, method } from '../method.js'
import { errorObject, given, headers, integration, nothing, timeout } from '../schemas.js'
import { wireError } from '../wire-error.js'

const name = z.string().min(1).meta({ description: 'The method as the service calls it.' })
const params = z.unknown().meta({ description: 'Its parameters.' }).optional()
const idempotent = z
  .boolean()
  .meta({ description: 'Whether the call may be executed twice. Then the gateway repeats it after a crash.' })
  .optional()

/** The methods that call services, and let services be called. */
export const CALLS: Readonly<Record<string, Method>> = {
  call: method({
    summary: 'Calls a method of a service and answers with its result.',
    params: z.strictObject({ integration, method: name, params, timeout, idempotent, headers }),
    result: z.unknown().meta({ description: 'The result of the method.' }),
    errors: ['rpc', 'actor-crashed'],
    cancellable: true,
    async run({ integration: of, method: called, params: values, ...rest }, { gateway, signal }) {
      const result = await gateway.rpc(of).call(called, values, given({ ...rest, signal }))
      return result ?? null
    },
  }),
  batch: method({
    summary: 'Makes several calls, in one request if the protocol has batches.',
    params: z.strictObject({
      integration,
      calls: z.array(z.strictObject({ method: name, params })).meta({ description: 'The calls.' }),
      timeout,
      idempotent,
      headers,
    }),
    result: z
      .array(
        z.union([
          z.object({ ok: z.literal(true), value: z.unknown() }),
          z.object({ ok: z.literal(false), error: errorObject }),
        ]),
      )
      .meta({ description: 'One outcome for each call, in the order of the calls.' }),
    errors: ['actor-crashed'],
    cancellable: true,
    async run({ integration: of, calls, ...rest }, { gateway, signal }) {
      const results = await gateway.rpc(of).batch(calls, given({ ...rest, signal }))
      return results.map((result) =>
        result.ok
          ? { ok: true as const, value: result.value ?? null }
          : { ok: false as const, error: wireError(result.error) },
      )
    },
  }),
  notify: method({
    summary: 'Sends a notification to a service, which does not answer. Answers when it has been sent.',
    params: z.strictObject({ integration, method: name, params, timeout, headers }),
    result: nothing,
    errors: [],
    async run({ integration: of, method: called, params: values, ...rest }, { gateway }) {
      await gateway.rpc(of).notify(called, values, given(rest))
      return null
    },
  }),
  serve: method({
    summary:
      'Serves methods: the gateway sends each incoming call to this client as the request `handle`. Later clients replace earlier ones.',
    params: z.strictObject({
      integration: z.string().min(1).meta({ description: 'The label of a `server` or `integration` block.' }),
      methods: z.array(name).min(1).meta({ description: 'The methods to serve.' }),
    }),
    result: nothing,
    errors: [],
    async run({ integration: of, methods }, { session }) {
      await session.serve(of, methods)
      return null
    },
  }),
}
