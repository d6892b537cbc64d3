import type { ArithmeticOperator } from '../values/arithmetic.js'
import type { Json } from '../values/json.js'

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type AssignmentOperator = '=' | '|=' | '//=' | `${ArithmeticOperator}=`

/** The syntax tree of a filter. */
export type Ast =
  | { readonly kind: 'identity' | 'recurse' }
  | { readonly kind: 'literal'; readonly value: Json }
  /** A string with filters in it. Their values are inserted in the format `format`. */
  | { readonly kind: 'text'; readonly format: string; readonly parts: readonly (string | Ast)[] }
  | { readonly kind: 'format'; readonly name: string }
  | ({ readonly kind: 'index'; readonly key: Ast } & Access)
  | ({ readonly kind: 'slice'; readonly from: Ast | undefined; readonly to: Ast | undefined } & Access)
  | ({ readonly kind: 'iterate' } & Access)
  | { readonly kind: 'array'; readonly items: Ast | undefined }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly kind: 'negate'; readonly of: Ast }
  | {
      readonly kind: 'pipe' | 'comma' | 'and' | 'or' | 'alternative'
      readonly left: Ast
      readonly right: Ast
    }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Ast
      readonly right: Ast
    }
  | {
      readonly kind: 'comparison'
      readonly operator: ComparisonOperator
      readonly left: Ast
      readonly right: Ast
    }
  | {
      readonly kind: 'assign'
      readonly operator: AssignmentOperator
      readonly paths: Ast
      readonly value: Ast
    }
  | { readonly kind: 'if'; readonly condition: Ast; readonly then: Ast; readonly otherwise: Ast }
  | { readonly kind: 'try'; readonly body: Ast; readonly handler: Ast | undefined }
  | {
      readonly kind: 'reduce'
      readonly source: Ast
      readonly patterns: readonly Pattern[]
      readonly start: Ast
      readonly update: Ast
    }
  | {
      readonly kind: 'foreach'
      readonly source: Ast
      readonly patterns: readonly Pattern[]
      readonly start: Ast
      readonly update: Ast
      readonly extract: Ast | undefined
    }
  | { readonly kind: 'as'; readonly source: Ast; readonly patterns: readonly Pattern[]; readonly body: Ast }
  | { readonly kind: 'define'; readonly definition: Definition; readonly rest: Ast }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Ast[]; readonly offset: number }
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number }
  | { readonly kind: 'label'; readonly name: string; readonly body: Ast }
  | { readonly kind: 'break'; readonly name: string; readonly offset: number }

interface Access {
  readonly of: Ast
  /** Whether a `?` follows: a value without this part yields nothing. Errors of `of` and of the key remain errors. */
  readonly isOptional?: true
}

/** `{ key: value }`. */
export interface ObjectEntry {
  readonly key: Ast
  readonly value: Ast
}

/** `def name(parameters): body;`. A parameter that begins with `$` is a value, another a filter. */
export interface Definition {
  readonly name: string
  readonly parameters: readonly string[]
  readonly body: Ast
}

/** The pattern with which `as` destructures values. */
export type Pattern =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Pattern[] }
  | { readonly kind: 'object'; readonly entries: readonly PatternEntry[] }

export interface PatternEntry {
  readonly key: Ast
  /** `$name` and `$name: pattern` also name the value of the key. */
  readonly variable: string | undefined
  readonly pattern: Pattern | undefined
}

export const IDENTITY: Ast = { kind: 'identity' }
