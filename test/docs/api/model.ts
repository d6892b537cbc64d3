import type ts from 'typescript'

/** What a documentation comment says. */
export interface Doc {
  readonly text: string
  /** By the name of the parameter; of a member of one, `options.timeout`. */
  readonly params: readonly { readonly name: string; readonly text: string }[]
  readonly returns: string
  readonly throws: readonly string[]
  readonly defaultValue: string
}

/** A parameter of a function; its type is the text of the source. */
export interface Parameter {
  readonly name: string
  readonly type: ts.TypeNode | undefined
  readonly isOptional: boolean
  readonly isRest: boolean
}

/** What can be called. */
export interface Callable {
  readonly typeParameters: string
  readonly parameters: readonly Parameter[]
  /** Absent for a constructor. */
  readonly returns?: Result
}

/** The type of a result: as written in the source, or as the compiler infers it. */
export interface Result {
  readonly node: ts.TypeNode | undefined
  readonly text: string
}

/** A member of a class or an interface. */
export interface Member {
  readonly name: string
  readonly doc: Doc
  readonly isStatic: boolean
  readonly isOptional: boolean
  /** Of a method or constructor. */
  readonly callable?: Callable
  /** Of a property or accessor. */
  readonly type?: Result
}

export type Kind = 'class' | 'interface' | 'type' | 'function' | 'constant'

/** One export of an entry point. */
export interface Item {
  readonly name: string
  readonly kind: Kind
  readonly symbol: ts.Symbol
  readonly declaration: ts.Declaration
  /** The file that declares it, from the root of the repository. */
  readonly file: string
  readonly doc: Doc
  /** `Message<T = unknown>`: the name with what it takes. */
  readonly title: string
  /** What it extends. */
  readonly bases: readonly ts.ExpressionWithTypeArguments[]
  readonly members: readonly Member[]
  /** Of a function. */
  readonly callable?: Callable
  /** Of a type alias or a constant. */
  readonly type?: Result
}

/** An entry point of the package. */
export interface Entry {
  /** As it is imported: `nemo-gateway/adapter`. */
  readonly specifier: string
  /** Its page without the ending: `adapter`. */
  readonly page: string
  /** What the package documentation at its top says. */
  readonly about: string
  readonly items: readonly Item[]
}
