import { type Diagnostics, didYouMean } from './hcl/diagnostics.js'
import { type Finding, report, type Span } from './hcl/index.js'

/** The kinds of blocks that expressions may name: `integration.events`. */
export type NamedKind = 'integration' | 'data' | 'action' | 'server' | 'script' | 'supervisor' | 'broker'

/** The names of all blocks of a configuration. */
export class Names {
  readonly #names: Readonly<Record<NamedKind, ReadonlySet<string>>>

  constructor(names: Readonly<Record<NamedKind, Iterable<string>>>) {
    this.#names = Object.fromEntries(
      Object.entries(names).map(([kind, all]) => [kind, new Set(all)]),
    ) as unknown as Record<NamedKind, ReadonlySet<string>>
  }

  isKind(root: string): root is NamedKind {
    return Object.hasOwn(this.#names, root)
  }

  of(kind: NamedKind): ReadonlySet<string> {
    return this.#names[kind]
  }

  /** Finds the longest name at the start of a path, because names may contain dots. */
  find(kind: NamedKind, path: readonly string[]): string | undefined {
    for (let length = path.length; length > 0; length--) {
      const name = path.slice(0, length).join('.')
      if (this.#names[kind].has(name)) return name
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
