import { fromJson, type JsonObject } from '@bufbuild/protobuf'
import { type FeatureSet, FeatureSetSchema } from '@bufbuild/protobuf/wkt'
import type protobufjs from 'protobufjs'

/** The options of a declaration as the parser has them; custom options have names in parentheses. */
export type Options = { readonly [name: string]: unknown }

/** The options of something parsed. */
export function optionsOf(object: { readonly options?: protobufjs.ReflectionObject['options'] }): Options {
  return object.options ?? {}
}

/** The features of an edition that a declaration sets. */
export function featuresOf({ features }: Options): { features: FeatureSet } | undefined {
  if (typeof features !== 'object' || features === null) return undefined
  // Features of other languages are in there too.
  return { features: fromJson(FeatureSetSchema, features as JsonObject, { ignoreUnknownFields: true }) }
}

/** An option that is true or false, if it is given. */
export function flag<K extends string>(name: K, value: unknown): { [key in K]?: boolean } {
  return (typeof value === 'boolean' ? { [name]: value } : {}) as { [key in K]?: boolean }
}
