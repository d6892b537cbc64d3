import { fromJson, type JsonObject } from '@bufbuild/protobuf'
import { type FeatureSet, FeatureSetSchema } from '@bufbuild/protobuf/wkt'
import type protobufjs from 'protobufjs'

/** The options of a declaration as the parser returns them. Names of custom options are in parentheses. */
export type Options = { readonly [name: string]: unknown }

/** Returns the options of a parsed declaration. */
export function optionsOf(object: { readonly options?: protobufjs.ReflectionObject['options'] }): Options {
  return object.options ?? {}
}

/** Returns the edition features that a declaration sets. */
export function featuresOf({ features }: Options): { features: FeatureSet } | undefined {
  if (typeof features !== 'object' || features === null) return undefined
  // Ignore features of other languages, which are unknown here.
  return { features: fromJson(FeatureSetSchema, features as JsonObject, { ignoreUnknownFields: true }) }
}

/** Returns a boolean option if it is set. */
export function flag<K extends string>(name: K, value: unknown): { [key in K]?: boolean } {
  return (typeof value === 'boolean' ? { [name]: value } : {}) as { [key in K]?: boolean }
}
