import type { z } from 'zod'
import type { brokerOf } from './schema/broker.js'
import type { integrationOf } from './schema/integration.js'
import type { serverOf } from './schema/server.js'
import type { supervisor } from './schema/supervision.js'
import type { variable } from './schema/variable.js'

/** The input type of a schema, read-only. */
type Options<T> = T extends readonly (infer Item)[]
  ? readonly Options<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Options<T[Name]> }
    : T

type Named<Schema extends z.ZodType> = Readonly<Record<string, Options<z.input<Schema>>>>

/**
 * A configuration as an object. It has the shape and the names of the HCL, with blocks keyed by their label.
 * Strings are templates as in a file: `${var.x}`, `${local.x}` and `${env.X}` are replaced, and `$${` is a literal
 * `${`.
 */
export interface ConfigObject {
  readonly variables?: Named<typeof variable>
  readonly locals?: Readonly<Record<string, unknown>>
  readonly integrations?: Named<ReturnType<typeof integrationOf>>
  readonly supervisors?: Named<typeof supervisor>
  readonly brokers?: Named<ReturnType<typeof brokerOf>>
  readonly servers?: Named<ReturnType<typeof serverOf>>
}

/** A configuration: the path of an HCL file or of a folder with `*.hcl` files, or an object. */
export type ConfigSource = string | ConfigObject
