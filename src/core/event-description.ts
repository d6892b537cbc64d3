import type { LogLevel } from './telemetry.js'

/** A field of an event. `T` is its type, `O` whether it may be absent. */
export interface Field<T = unknown, O extends boolean = boolean> {
  /** The type in words, for the documentation. */
  readonly type: string
  /** What it means, for the documentation. */
  readonly doc: string
  readonly isOptional: O
  /** Whether it is data of the application, which is not logged. */
  readonly isPayload?: boolean
  /** Carries the type `T`; never set. */
  readonly of?: T
}

export type Fields = Readonly<Record<string, Field>>

type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N] extends Field<unknown, false> ? never : N
}[keyof F]
type Merged<T> = { readonly [K in keyof T]: T[K] }
type TypeOf<F> = F extends Field<infer T> ? T : never

/** The values that a listener receives, derived from the description of the fields. */
export type ValuesOf<F extends Fields> = Merged<
  { [N in Exclude<keyof F, OptionalNames<F>>]: TypeOf<F[N]> } & { [N in OptionalNames<F>]?: TypeOf<F[N]> }
>

export interface EventDescription<F extends Fields = Fields> {
  /** When it happens, for the documentation. */
  readonly when: string
  readonly fields: F
  /** The level of its log line. A warning is for an operator to look at. */
  readonly level: LogLevel | ((event: ValuesOf<F>) => LogLevel)
}

/** Describes an event. Exists so that the compiler checks `level` against `fields`. */
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
