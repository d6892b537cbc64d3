import { candidates, type Place } from './names.js'

const WIDTH = 110

/** The declarations of a file of types, each once. */
export class Declarations {
  readonly #declared = new Map<string, string>()

  /** Declares a block by one of the names that its place suggests. @returns the name */
  block(place: Place, doc: string, body: string): string {
    for (const name of candidates(place)) {
      const declared = this.#declared.get(name)
      // What one block is documented to be for may differ from another with the same attributes.
      if (declared === undefined) this.#declared.set(name, `${comment([doc])}${interfaceOf(name, body)}`)
      else if (!declared.endsWith(interfaceOf(name, body))) continue
      return name
    }
    throw new Error(`two blocks are called ${candidates(place).join(' or ')}`)
  }

  /** Declares what a name says. */
  add(name: string, doc: string, text: string): void {
    if (this.#declared.has(name)) throw new Error(`two types are called ${name}`)
    this.#declared.set(name, `${comment([doc])}${text}`)
  }

  /** All of them, by name. */
  toString(): string {
    return [...this.#declared]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => text)
      .join('\n')
  }
}

export function interfaceOf(name: string, body: string, base?: string): string {
  return `export interface ${name}${base === undefined ? '' : ` extends ${base}`} {\n${body}}\n`
}

/** A union as the formatter writes it. */
export function unionOf(name: string, types: readonly string[]): string {
  return broken(`export type ${name} =`, types, '')
}

/** `before` and a union, on one line if it fits. */
export function broken(before: string, types: readonly string[], indent: string): string {
  const line = `${indent}${before} ${types.join(' | ')}\n`
  if (line.length <= WIDTH + 1) return line
  return `${indent}${before}\n${types.map((type) => `${indent}  | ${type}\n`).join('')}`
}

/** A documentation comment of these lines, wrapped. */
export function comment(lines: readonly string[], indent = ''): string {
  const [only, ...others] = lines
  const short = `${indent}/** ${only} */\n`
  if (others.length === 0 && short.length <= WIDTH + 1) return short
  const wrapped = lines.flatMap((line) => wrap(line, WIDTH - indent.length - 3))
  return `${indent}/**\n${wrapped.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
