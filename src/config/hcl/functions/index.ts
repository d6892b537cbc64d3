import type { HclFunction } from '../values.js'
import { collectionFunctions } from './collection.js'
import { conversionFunctions } from './conversion.js'
import { encodingFunctions } from './encoding.js'
import { numberFunctions } from './number.js'
import { stringFunctions } from './string.js'
import { systemFunctions } from './system.js'

/** The standard functions by name. */
export const standardFunctions: ReadonlyMap<string, HclFunction> = new Map(
  Object.entries({
    ...stringFunctions,
    ...collectionFunctions,
    ...numberFunctions,
    ...encodingFunctions,
    ...conversionFunctions,
    ...systemFunctions,
  }),
)
