import { z } from 'zod'
import { text } from './kinds.js'
import { method } from './server-access.js'
import { serverAuth } from './server-auth.js'

/** Schema of the `serve` block of an integration: rules for methods that are served through a broker. */
export const serve = z
  .strictObject({
    auth: serverAuth.optional(),
    method: z
      .record(
        text,
        // The gateway registers scripts with `server` blocks only.
        method.omit({ handler: true }).describe('What a method asks of its callers.'),
      )
      .default({})
      .describe('Methods by their names. In HCL: `method "NAME" { … }`.'),
  })
  .describe(
    'Who may call the methods that are served through the broker. Callers send their credentials as the header, user property or field `authorization` of each request.',
  )
