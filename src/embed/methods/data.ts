import { z } from 'zod'
import { updateFields } from '../feeds/data-feed.js'
import { type Method, method } from '../method.js'
import { credit, dataName, durationOf, subscription, updateShape } from '../schemas.js'

const update = z.object(updateShape)

/** The methods of `data` blocks. */
export const DATA: Readonly<Record<string, Method>> = {
  read: method({
    summary: 'Returns the newest update of a `data` block, and the status of its source.',
    params: z.strictObject({ data: dataName }),
    result: z.object({
      status: z.enum(['disconnected', 'connecting', 'connected', 'error']),
      update: update.optional().meta({ description: 'The newest update; absent if there is none yet.' }),
    }),
    errors: [],
    run({ data }, { gateway }) {
      const { status, update: newest } = gateway.data(data)
      return { status, ...(newest !== undefined && { update: updateFields(newest) }) }
    },
  }),
  watch: method({
    summary:
      'Sends the updates of a `data` block, beginning with the newest one, as `update` notifications. `unsubscribe` ends it. A client that is too slow misses the oldest updates.',
    params: z.strictObject({ data: dataName, credit }),
    result: z.object({ subscription }),
    errors: [],
    run({ data, credit: given }, { gateway, session, afterAnswer }) {
      const source = gateway.data(data)
      const id = session.reserve()
      afterAnswer(() => session.feedData(id, source, given ?? Number.POSITIVE_INFINITY))
      return { subscription: id }
    },
  }),
  refresh: method({
    summary: 'Calls the method of a `data "rpc"` now, and returns the update.',
    params: z.strictObject({
      data: dataName,
      timeout: durationOf('Milliseconds or text such as `"2s"` to wait. Default: until the call has ended.'),
    }),
    result: z.union([update, z.null()]).meta({ description: 'The newest update.' }),
    errors: ['rpc', 'unsupported'],
    cancellable: true,
    async run({ data, timeout }, { gateway, signal }) {
      const refreshed = await gateway.data(data).refresh({
        ...(timeout !== undefined && { timeout }),
        ...(signal !== undefined && { signal }),
      })
      return refreshed === undefined ? null : updateFields(refreshed)
    },
  }),
}
