import type { Span } from './source.js'

interface Node {
  readonly span: Span
}

/**
 * Content of a file or a block. `items` keeps the order of the text; `attributes` and `blocks` hold the same by
 * kind.
 */
export interface Body extends Node {
  readonly kind: 'body'
  readonly items: (Attribute | Block)[]
  readonly attributes: Attribute[]
  readonly blocks: Block[]
}

/** `name = expression` */
export interface Attribute extends Node {
  readonly kind: 'attribute'
  readonly name: string
  readonly nameSpan: Span
  readonly expression: Expression
}

/** `type "label" { … }` */
export interface Block extends Node {
  readonly kind: 'block'
  readonly type: string
  readonly typeSpan: Span
  readonly labels: Label[]
  readonly body: Body
}

/** One label of a block, without its quotes. */
export interface Label extends Node {
  readonly value: string
}

/** An expression, which has a value. */
export type Expression =
  | Literal
  | Template
  | Variable
  | Traversal
  | Call
  | Conditional
  | Unary
  | Binary
  | Tuple
  | ObjectExpression
  | ForTuple
  | ForObject
  | Parentheses
  | Invalid

/** A number, `true`, `false`, `null`, or a string without sequences. */
export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: null | boolean | number | string
}

/** A string or heredoc with sequences in it. */
export interface Template extends Node {
  readonly kind: 'template'
  readonly parts: TemplatePart[]
}

/** A piece of a template. */
export type TemplatePart = TextPart | Interpolation | IfDirective | ForDirective

/** Literal text with escapes resolved. */
export interface TextPart extends Node {
  readonly kind: 'text'
  readonly value: string
}

/** `${ expression }` */
export interface Interpolation extends Node {
  readonly kind: 'interpolation'
  readonly expression: Expression
}

/** `%{ if condition }…%{ else }…%{ endif }` */
export interface IfDirective extends Node {
  readonly kind: 'if'
  readonly condition: Expression
  readonly whenTrue: TemplatePart[]
  readonly whenFalse: TemplatePart[]
}

/** `%{ for key, value in collection }…%{ endfor }` */
export interface ForDirective extends Node {
  readonly kind: 'for'
  readonly variables: ForVariables
  readonly collection: Expression
  readonly body: TemplatePart[]
}

/** The names that a `for` binds. */
export interface ForVariables {
  readonly key?: string
  readonly value: string
}

/** A bare name: the root of a traversal, or a keyword. */
export interface Variable extends Node {
  readonly kind: 'variable'
  readonly name: string
}

/** Steps into a value: `source.name[index].*.name` */
export interface Traversal extends Node {
  readonly kind: 'traversal'
  readonly source: Expression
  readonly steps: Step[]
}

/** One step into a value. */
export type Step = AttributeStep | IndexStep | SplatStep

/** `.name` */
export interface AttributeStep extends Node {
  readonly kind: 'attribute'
  readonly name: string
}

/** `[key]` */
export interface IndexStep extends Node {
  readonly kind: 'index'
  readonly key: Expression
}

/** `.*` or `[*]` with the steps that are taken into each element. */
export interface SplatStep extends Node {
  readonly kind: 'splat'
  readonly each: Step[]
}

/** `name(arguments)`; `expand` when the last argument is followed by `...`. */
export interface Call extends Node {
  readonly kind: 'call'
  readonly name: string
  readonly nameSpan: Span
  readonly arguments: Expression[]
  readonly expand: boolean
}

/** `condition ? whenTrue : whenFalse` */
export interface Conditional extends Node {
  readonly kind: 'conditional'
  readonly condition: Expression
  readonly whenTrue: Expression
  readonly whenFalse: Expression
}

/** `-operand`, `!operand` */
export interface Unary extends Node {
  readonly kind: 'unary'
  readonly operator: '-' | '!'
  readonly operand: Expression
}

/** The operators with two operands. */
export type BinaryOperator = '||' | '&&' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%'

/** `left operator right` */
export interface Binary extends Node {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly operatorSpan: Span
  readonly left: Expression
  readonly right: Expression
}

/** `[a, b]` */
export interface Tuple extends Node {
  readonly kind: 'tuple'
  readonly items: Expression[]
}

/** `{ key = value }`; a bare name as key is a literal. */
export interface ObjectExpression extends Node {
  readonly kind: 'object'
  readonly items: { readonly key: Expression; readonly value: Expression }[]
}

/** `[for key, value in collection : body if condition]` */
export interface ForTuple extends Node {
  readonly kind: 'for-tuple'
  readonly variables: ForVariables
  readonly collection: Expression
  readonly body: Expression
  readonly condition?: Expression
}

/** `{for key, value in collection : name => body... if condition}` */
export interface ForObject extends Node {
  readonly kind: 'for-object'
  readonly variables: ForVariables
  readonly collection: Expression
  readonly key: Expression
  readonly body: Expression
  readonly grouped: boolean
  readonly condition?: Expression
}

/** `(expression)` */
export interface Parentheses extends Node {
  readonly kind: 'parentheses'
  readonly expression: Expression
}

/** Placeholder for a malformed expression, which was reported. */
export interface Invalid extends Node {
  readonly kind: 'invalid'
}
