import { Deferred, type Expression } from './hcl/index.js'

/** Makes the placeholder of an unavailable value. Using it reports no further error. */
export function unavailable(expression: Expression): Deferred {
  return new Deferred(expression, () => undefined)
}
