import { NAMED, type NamedKind } from './block-kinds.js'
import { type Diagnostics, didYouMean } from './hcl/diagnostics.js'
import { type Finding, report, type Span } from './hcl/index.js'

/** The names of all blocks of a configuration. */
export class Names {
  readonly #names: ReadonlyMap<string, ReadonlySet<string>>

  /** @param namesOf returns the names of a kind */
  constructor(namesOf: (kind: NamedKind) => Iterable<string>) {
    this.#names = new Map(NAMED.map((kind) => [kind, new Set(namesOf(kind))]))
  }

  isKind(root: string): root is NamedKind {
    return this.#names.has(root)
  }

  of(kind: NamedKind): ReadonlySet<string> {
    return this.#names.get(kind)!
  }

  /** Finds the longest name at the start of a path, because names may contain dots. */
  find(kind: NamedKind, path: readonly string[]): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const name = path.slice(0, length).join('.')
      if (this.of(kind).has(name)) return name
    }
    return undefined
  }

  /** Reports a name that no block has. */
  unknown(kind: NamedKind, name: string, span: Span, diagnostics: Diagnostics): void {
    report(diagnostics, span, unknownFinding(kind, name, this.of(kind)))
  }
}

/** Describes a name that no block has: the names that there are, and the nearest. */
export function unknownFinding(kind: string, name: string, names: ReadonlySet<string>): Finding {
  const near = didYouMean(name, names)
  return {
    message: `there is no ${kind} "${name}"`,
    expected: names.size === 0 ? `a block ${kind}, and there is none` : `one of ${[...names].join(', ')}`,
    ...(near !== undefined && { hint: `did you mean "${near}"?` }),
  }
}
