import { z } from 'zod'

/** Schema of a `variable` block. */
export const variable = z
  .strictObject({
    default: z.unknown().optional().describe('Value of the variable if none is given.'),
    type: z
      .unknown()
      .optional()
      .meta({ written: 'string' })
      .describe(
        'Type of the value: `string`, `number`, `bool`, `any`, `list(…)` or `map(…)`. Example: `list(string)`.',
      ) as unknown as z.ZodOptional<z.ZodString>,
    description: z.string().optional().describe('Purpose of the variable, for readers of the configuration.'),
    sensitive: z
      .boolean()
      .optional()
      .describe(
        'Whether to mask the value in every message. Default: only if the name sounds like a secret.',
      ),
  })
  .describe('A value that is passed to the configuration and used as `var.NAME`.')
