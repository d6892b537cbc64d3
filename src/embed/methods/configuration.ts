import { z } from 'zod'
import { PLAN_ACTIONS, type PricedBlock, RELOAD_TRAITS } from '../../core/reload-plan.js'
import { type Method, method } from '../method.js'
import { diagnostic } from '../schemas.js'

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

const attribute = z.object({
  path: z.string().meta({ description: 'Its path in the block.' }),
  place: z.string().meta({ description: 'Where it is; a removed one, where it was.' }),
  reload: z.enum(RELOAD_TRAITS).meta({ description: 'What its change takes.' }),
  before: z.string().meta({ description: 'What it was, in words; absent if it was not set.' }).optional(),
  after: z.string().meta({ description: 'What it is, in words; absent if it is not set.' }).optional(),
})

const price = z.object({
  subscriptions: z.int().min(0).meta({ description: 'What is opened again.' }),
  inHand: z.int().min(0).meta({ description: 'What the predecessor has to settle.' }),
  gapMs: z.number().min(0).meta({ description: 'Milliseconds without a connection.' }).optional(),
})

const block = z
  .object({
    kind: z.string().meta({ description: 'The kind of the block.' }),
    name: z.string().meta({ description: 'Its label.' }),
    action: z.enum(PLAN_ACTIONS).meta({ description: 'What happens to it.' }),
    handOver: z.enum(['overlap', 'in turn']).meta({ description: 'How an actor is replaced.' }).optional(),
    attributes: z.array(attribute).meta({ description: 'The attributes that differ.' }),
    forcedBy: z
      .object({ attribute: z.string(), place: z.string(), reason: z.string().optional() })
      .meta({ description: 'What forces the action.' })
      .optional(),
    price: price.meta({ description: 'What it costs; only of a plan.' }).optional(),
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
      diagnostics: z.array(diagnostic).meta({ description: 'Warnings about the new configuration.' }),
    }),
    errors: ['config'],
    async run({ path: source, variables: values }, { gateway }) {
      const plan = await gateway.configuration.plan(source, values)
      return { ...plan, blocks: plan.blocks.map(copyOf), diagnostics: [...plan.diagnostics] }
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
      return { blocks: (await gateway.configuration.apply(source, values, expect)).map(copyOf) }
    },
  }),
}

/** Schemas have lists that may be changed. */
function copyOf(block: PricedBlock) {
  return { ...block, attributes: [...block.attributes] }
}
