import type { z } from 'zod'
import type { brokerOf } from './schema/broker.js'
import type { integrationOf } from './schema/integration.js'
import type { serverOf } from './schema/server.js'
import type { supervisor } from './schema/supervision.js'
import type { variable } from './schema/variable.js'

/** What a schema takes, as an object that is only read. */
type Options<T> = T extends readonly (infer Item)[]
  ? readonly Options<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Options<T[Name]> }
    : T

type Named<Schema extends z.ZodType> = Readonly<Record<string, Options<z.input<Schema>>>>

/**
 * A configuration as an object: the shape and the names of the HCL, blocks keyed by their label. Texts are
 * templates, as in a file: `${var.x}`, `${local.x}` and `${env.X}` are replaced, `$${` is a literal `${`.
 */
export interface ConfigObject {
  readonly variables?: Named<typeof variable>
  readonly locals?: Readonly<Record<string, unknown>>
  readonly integrations?: Named<ReturnType<typeof integrationOf>>
  readonly supervisors?: Named<typeof supervisor>
  readonly brokers?: Named<ReturnType<typeof brokerOf>>
  readonly servers?: Named<ReturnType<typeof serverOf>>
}

/** The path of an HCL file or of a folder with `*.hcl` files, or an object. */
export type ConfigSource = string | ConfigObject
