import { candidates, kebab, type Place, pascal } from './names.js'

const WIDTH = 110

/** Types that blocks use and that are not blocks, with the modules that export them. */
const OUTSIDE: Readonly<Record<string, string>> = {
  Size: '../../core/bytes.js',
  Duration: '../../core/duration.js',
}

interface Declaration {
  /** The name of its file, without the ending. */
  readonly file: string
  readonly text: string
}

/** The types of all blocks, each declared once, and the files that they are in. */
export class Declarations {
  readonly #declared = new Map<string, Declaration>()

  /**
   * Declares a block by one of the names that its place suggests.
   * @param file the file, where several kinds of a block share one
   * @returns the name
   */
  block(place: Place, doc: string, body: string, file?: string): string {
    for (const name of candidates(place)) {
      const declared = this.#declared.get(name)
      const text = interfaceOf(name, body)
      // What one block is documented to be for may differ from another with the same attributes.
      if (declared === undefined) this.add(name, doc, text, file)
      else if (!declared.text.endsWith(text)) continue
      return name
    }
    throw new Error(`two blocks are called ${candidates(place).join(' or ')}`)
  }

  /** Declares the union of the kinds of a block. @returns its name */
  union(place: Place, types: readonly string[]): string {
    const name = `${pascal(place.name)}Block`
    const text = unionOf(name, types)
    if (!this.#declared.has(name)) this.add(name, `A block \`${place.name}\` of any kind.`, text)
    return name
  }

  /** Declares what a name says. */
  add(name: string, doc: string, text: string, file = kebab(name)): void {
    if (this.#declared.has(name)) throw new Error(`two types are called ${name}`)
    this.#declared.set(name, { file, text: `${comment([doc])}${text}` })
  }

  /** The text of each file, by its name. Declarations are in the order of their names. */
  files(): ReadonlyMap<string, string> {
    const texts = new Map<string, string>()
    for (const [, { file, text }] of [...this.#declared].sort(([a], [b]) => (a < b ? -1 : 1)))
      texts.set(file, texts.has(file) ? `${texts.get(file)}\n${text}` : text)
    return new Map([...texts].map(([file, text]) => [file, `${this.#importsOf(file, text)}${text}`]))
  }

  #importsOf(file: string, text: string): string {
    const code = text.replaceAll(/\/\*\*.*?\*\//gs, '')
    const names = new Set(code.match(/\b[A-Z]\w+/g))
    const imported = new Map<string, string[]>()
    for (const name of [...names].sort()) {
      const home = this.#declared.get(name)?.file
      const from = OUTSIDE[name] ?? (home === undefined || home === file ? undefined : `./${home}.js`)
      if (from !== undefined) imported.set(from, [...(imported.get(from) ?? []), name])
    }
    const lines = [...imported].sort(([a], [b]) => (a < b ? -1 : 1)).map(([from, all]) => importOf(all, from))
    return lines.length === 0 ? '' : `${lines.join('')}\n`
  }
}

export function interfaceOf(name: string, body: string, base?: string): string {
  return `export interface ${name}${base === undefined ? '' : ` extends ${base}`} {\n${body}}\n`
}

/** An import of types as the formatter writes it. */
function importOf(names: readonly string[], from: string): string {
  const line = `import type { ${names.join(', ')} } from '${from}'\n`
  if (line.length <= WIDTH + 1) return line
  return `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from '${from}'\n`
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
