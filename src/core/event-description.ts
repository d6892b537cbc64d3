import type { LogLevel } from './telemetry.js'

/** A field of an event. `T` is its type, `O` whether it may be absent. */
export interface Field<T = unknown, O extends boolean = boolean> {
  /** The type in words, for the documentation. */
  readonly type: string
  /** What it says, for the documentation. */
  readonly doc: string
  readonly isOptional: O
  /** Data of the application: kept out of the log. */
  readonly isPayload?: boolean
  /** Exists in the type alone. */
  readonly of?: T
}

export type Fields = Readonly<Record<string, Field>>

type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N] extends Field<unknown, false> ? never : N
}[keyof F]
type Merged<T> = { readonly [K in keyof T]: T[K] }
type TypeOf<F> = F extends Field<infer T> ? T : never

/** What a listener is given, from the description of the fields. */
export type ValuesOf<F extends Fields> = Merged<
  { [N in Exclude<keyof F, OptionalNames<F>>]: TypeOf<F[N]> } & { [N in OptionalNames<F>]?: TypeOf<F[N]> }
>

export interface EventDescription<F extends Fields = Fields> {
  /** When it happens, for the documentation. */
  readonly when: string
  readonly fields: F
  /** Of its line in the log. A warning is what somebody should look at. */
  readonly level: LogLevel | ((event: ValuesOf<F>) => LogLevel)
}

/** Checks the level against the fields. */
export function event<F extends Fields>(description: EventDescription<F>): EventDescription<F> {
  return description
}

export function field<T>(type: string, doc: string): Field<T, false> {
  return { type, doc, isOptional: false }
}

export const text = (doc: string): Field<string, false> => field('text', doc)
export const number = (doc: string): Field<number, false> => field('number', doc)

export function oneOf<T extends string>(values: readonly T[], doc: string): Field<T, false> {
  return field(values.map((value) => `\`${value}\``).join(', '), doc)
}

export function optional<T>(described: Field<T, false>): Field<T, true> {
  return { ...described, isOptional: true } as Field<T, true>
}

export function payload<T>(described: Field<T, false>): Field<T, true> {
  return { ...optional(described), isPayload: true }
}
