export type * from './ast.js'
export { describeValue, typeName } from './convert.js'
export { evaluate, resolve } from './evaluate.js'
export { isSensitive } from './evaluation.js'
export { FunctionFault, hclFunction } from './functions/define.js'
export { standardFunctions } from './functions/index.js'
export { parse, parseExpression } from './parse.js'
export { diagnosticAt, type Finding, report } from './report.js'
export { type Binding, chain, lookup } from './scope.js'
export { type Position, Source, type Span, textOf } from './source.js'
export {
  type CallContext,
  Deferred,
  type HclFunction,
  type HclObject,
  type HclValue,
  isLate,
  isObject,
  Reference,
  type Scope,
  setKey,
} from './values.js'
export { type NameUse, references } from './walk.js'
