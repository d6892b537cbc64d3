export type * from './ast.js'
export { StepBudget } from './budget.js'
export { describeValue } from './convert.js'
export { evaluate, resolve } from './evaluate.js'
export { isSensitive } from './evaluation.js'
export { standardFunctions } from './functions/index.js'
export { parse, parseExpression } from './parse.js'
export { type Finding, report } from './report.js'
export { SensitivePaths } from './sensitive-paths.js'
export { Source, type Span, textOf } from './source.js'
export {
  Deferred,
  type HclObject,
  type HclValue,
  isLate,
  isObject,
  Reference,
  type Scope,
  setKey,
} from './values.js'
export { references } from './walk.js'
