import { z } from 'zod'
import { type Method, method } from '../method.js'
import { durationOf, given } from '../schemas.js'

/** The methods of `action` blocks. */
export const ACTIONS: Readonly<Record<string, Method>> = {
  run: method({
    summary: 'Runs an action of the configuration and answers with its result.',
    params: z.strictObject({
      action: z.string().min(1).meta({ description: 'The label of an `action` block.' }),
      trigger: z
        .unknown()
        .meta({ description: 'What expressions of the action see as `trigger`. Default: an empty object.' })
        .optional(),
      timeout: durationOf('Milliseconds or text such as `"2s"`, at most that of the block.'),
    }),
    result: z.unknown().meta({ description: 'The result (docs/actions.md); null if there is none.' }),
    errors: ['rpc', 'publish', 'enqueue', 'actor-crashed'],
    cancellable: true,
    async run({ action, trigger = {}, ...rest }, { gateway, signal }) {
      return (await gateway.action(action).run(trigger, given({ ...rest, signal }))) ?? null
    },
  }),
}
