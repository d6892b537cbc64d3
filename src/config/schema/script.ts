import { z } from 'zod'
import { duration, size, text } from './kinds.js'

/** A thread without a call takes almost as much, so that a lower limit would replace it repeatedly. */
const LEAST_MEMORY = 32 * 1024 * 1024

/** Schema of a `script` block. */
export const script = z
  .strictObject({
    path: text
      .describe(
        'The module: JavaScript, or TypeScript where Node can strip types. Example: `"./handlers.js"`.',
      )
      .meta({ path: 'file', isReread: true }),
    threads: z.int().min(1).max(256).default(2).describe('Number of threads that run the script.'),
    concurrent: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe(
        'Calls that a thread runs at the same time. With more than 1, a handler in a loop holds up the calls that share its thread.',
      ),
    queue: z.int().min(1).default(1_000).describe('Maximum number of calls that wait for a thread.'),
    timeout: duration()
      .prefault('30s')
      .describe(
        'Time limit of a call, including its wait for a thread. The thread of a handler that does not end is ended.',
      ),
    memory: size(LEAST_MEMORY)
      .prefault('256MB')
      .describe('Memory (heap and buffers) at which a thread is replaced. Example: `"128MB"`.'),
    max_result: size()
      .prefault('16MB')
      .describe(
        'Maximum size of a result, and of a value that a function passes to the gateway. The host stands still while it reads a larger one.',
      ),
    reload: z
      .boolean()
      .default(true)
      .describe('Whether the script is loaded again when its file, or a file that it imports, changes.'),
  })
  .describe(
    'A module whose exported functions are handlers of methods, actions and transforms. They run in a pool of threads.',
  )
