import { z } from 'zod'

/** A `variable` block. */
export const variable = z
  .strictObject({
    default: z.unknown().optional().describe('Its value where none is given.'),
    type: z
      .unknown()
      .optional()
      .describe(
        '`string`, `number`, `bool`, `any`, `list(…)` or `map(…)`.',
      ) as unknown as z.ZodOptional<z.ZodString>,
    description: z.string().optional().describe('What it is for.'),
    sensitive: z
      .boolean()
      .optional()
      .describe(
        'Whether its value is kept out of every message; by default where its name sounds like a secret.',
      ),
  })
  .describe('A value that is given from outside: `var.NAME`.')
