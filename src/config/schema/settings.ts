import { z } from 'zod'
import { traitsOf } from '../reading/traits.js'
import type { Milliseconds } from './kinds.js'

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name

type SettingName<Name extends string, Value> =
  NonNullable<Value> extends Milliseconds ? `${Camel<Name>}Ms` : Camel<Name>

type Plain<Value> = Value extends Milliseconds ? number : Value

/**
 * The values of a block under the names of the code: `max_attempts` becomes `maxAttempts`, and a duration ends in
 * `Ms`.
 */
export type Settings<Values> = {
  readonly [Name in keyof Values as Name extends string ? SettingName<Name, Values[Name]> : never]: Plain<
    Exclude<Values[Name], undefined>
  >
}

/** Renames the values of a block. Unset values are omitted. */
export function toSettings<
  Shape extends z.ZodRawShape,
  Values extends { readonly [name in keyof Shape]?: unknown },
>({ shape }: z.ZodObject<Shape>, values: Values): Settings<Values> {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return []
    const attribute = shape[name]
    const isDuration = attribute !== undefined && traitsOf(attribute).unit === 'duration'
    return [[camel(name) + (isDuration ? 'Ms' : ''), value] as const]
  })
  return Object.fromEntries(entries) as Settings<Values>
}

/** Makes the schema of a block whose values only need other names in the code. */
export function settingsOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const block = z.strictObject(shape)
  return block.transform((values): Settings<typeof values> => toSettings(block, values))
}

function camel(name: string): string {
  return name.replace(/_(.)/gu, (_, letter: string) => letter.toUpperCase())
}
