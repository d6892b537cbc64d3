import { z } from 'zod'
import { PLAN_ACTIONS } from '../../core/reload-plan.js'
import { type Method, method } from '../method.js'

const path = z
  .string()
  .min(1)
  .meta({
    description:
      'The file or folder with the configuration, which the gateway reads itself; absolute, or relative to its working folder. Default: where it was read last.',
  })
  .optional()

const variables = z
  .record(z.string(), z.string())
  .meta({ description: 'Values of variables. Others have the values that they had before.' })
  .optional()

const fingerprints = z
  .strictObject({ running: z.string(), next: z.string() })
  .meta({ description: 'What tells the running configuration and the new one apart from others.' })

const block = z
  .looseObject({
    kind: z.string().meta({ description: 'The kind of the block.' }),
    name: z.string().meta({ description: 'Its label.' }),
    action: z.enum(PLAN_ACTIONS).meta({ description: 'What happens to it.' }),
  })
  .meta({ description: 'What happens to a block, why, and what it costs (docs/reload.md).' })

/** The methods that compare the configuration with another one, and change it. */
export const CONFIGURATION: Readonly<Record<string, Method>> = {
  plan: method({
    summary: 'Returns what a reload would do, and changes nothing.',
    params: z.strictObject({ path, variables }),
    result: z.object({
      blocks: z.array(block),
      refused: z.string().meta({ description: 'Why a reload would be refused; else absent.' }).optional(),
      fingerprints,
      diagnostics: z.array(z.looseObject({})).meta({ description: 'Warnings about the new configuration.' }),
    }),
    errors: ['config'],
    async run({ path: source, variables: values }, { gateway }) {
      const plan = await gateway.configuration.plan(source, values)
      return { ...plan, blocks: plan.blocks.map(copy), diagnostics: plan.diagnostics.map(copy) }
    },
  }),
  reload: method({
    summary:
      'Changes the gateway to the configuration. Answers when the earlier actors have settled what they had; after an error nothing has changed.',
    params: z.strictObject({
      path,
      variables,
      expect: fingerprints
        .meta({ description: 'The `fingerprints` of a plan: the reload is refused if they are others.' })
        .optional(),
    }),
    result: z.object({ blocks: z.array(block) }),
    errors: ['config'],
    async run({ path: source, variables: values, expect }, { gateway }) {
      return { blocks: (await gateway.configuration.apply(source, values, expect)).map(copy) }
    },
  }),
}

/** An answer may have any further members, which an interface does not declare. */
function copy<T extends object>(members: T): T & Record<string, unknown> {
  return { ...members } as T & Record<string, unknown>
}
