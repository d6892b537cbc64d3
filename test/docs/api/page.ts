import ts from 'typescript'
import { table } from '../table.js'
import { headingOf, memberHeading, type Page } from './layout.js'
import type { Links } from './links.js'
import type { Callable, Doc, Item, Member } from './model.js'
import { cell, prose } from './prose.js'
import { signature } from './signature.js'
import { isLookUp, type TypeWriter } from './type-text.js'

const WIDTH = 80
const WRITTEN = 'Written by `npm run docs` from the comments in the sources.'

/** Writes one page. */
export class PageWriter {
  readonly #page: Page
  readonly #links: Links
  readonly #types: TypeWriter

  constructor(page: Page, links: Links, types: TypeWriter) {
    this.#page = page
    this.#links = links
    this.#types = types
  }

  write(): string {
    const { name, entry, groups, elsewhere, blocks } = this.#page
    const about = name === 'blocks' ? BLOCKS : this.#prose(entry.about)
    const sections = groups.flatMap(({ title, items }) => [
      `## ${title}`,
      items.map((item) => this.#link(item)).join(' · '),
      ...items.flatMap((item) => this.#item(item)),
    ])
    const others = elsewhere.map((item) => this.#link(item)).join(', ')
    return `${[
      `# \`${entry.specifier}\`${name === 'blocks' ? ': blocks of a configuration' : ''}`,
      about,
      `${WRITTEN} [All pages](README.md).`,
      ...(blocks === undefined ? [] : [`The blocks of a configuration have [a page](${blocks}.md).`]),
      ...(others === '' ? [] : [`Also exported, and described elsewhere: ${others}.`]),
      ...sections,
    ].join('\n\n')}\n`
  }

  #item(item: Item): readonly string[] {
    const bases = item.bases.map((base) => this.#types.html({ node: base, text: '' }))
    const properties = item.members.filter(({ callable }) => callable === undefined)
    return [
      `### ${headingOf(item)}`,
      ...(item.type === undefined && item.callable === undefined
        ? [`\`${item.kind} ${item.title}\`${bases.length === 0 ? '' : ` extends ${bases.join(', ')}`}`]
        : [fence(declarationOf(item))]),
      ...this.#doc(item.doc),
      ...(item.callable === undefined ? [] : this.#calls(item.callable, item.doc)),
      ...(properties.length === 0 ? [] : [this.#properties(properties)]),
      ...item.members.flatMap((member) =>
        member.callable === undefined ? [] : this.#method(item, member, member.callable),
      ),
    ]
  }

  #method(item: Item, member: Member, callable: Callable): readonly string[] {
    const name = member.name === 'constructor' ? `new ${item.name}` : member.name
    const before = `${member.isStatic ? 'static ' : ''}${name}${member.isOptional ? '?' : ''}`
    return [
      `#### ${memberHeading(item, member)}`,
      fence(signature(before, callable)),
      ...this.#doc(member.doc),
      ...this.#calls(callable, member.doc),
    ]
  }

  /** What a call takes, gives and throws. */
  #calls({ parameters, returns }: Callable, { params, returns: says, throws }: Doc): readonly string[] {
    const rows = parameters.flatMap((parameter) => {
      const { name, type } = parameter
      const own = params.filter((param) => param.name === name || param.name.startsWith(`${name}.`))
      const shown = type === undefined ? '' : this.#types.html({ node: type, text: '' })
      const whole = own.find((param) => param.name === name)
      const members = own.filter((param) => param !== whole)
      return [
        [`\`${name}\``, shown, this.#cell(whole?.text ?? '')],
        ...members.map((member) => [`\`${member.name}\``, '', this.#cell(member.text)]),
      ]
    })
    const isVoid = returns === undefined || /^(?:void|Promise<void>)$/.test(returns.text)
    const result = isVoid ? undefined : this.#types.html(returns)
    return [
      ...(rows.length === 0 ? [] : [table(['parameter', 'type', ''], rows)]),
      ...(result === undefined
        ? []
        : [`**Returns** ${result}${says === '' ? '' : `: ${this.#prose(says)}`}`]),
      ...throws.map((error) => `**Throws** ${this.#prose(error)}`),
    ]
  }

  #properties(members: readonly Member[]): string {
    const rows = members.map(({ name, type, doc, isOptional, isStatic }) => {
      const value = doc.defaultValue === '' ? '' : ` Default: ${doc.defaultValue}.`
      const throws = doc.throws.map((error) => ` Throws ${error}.`).join('')
      return [
        `\`${isStatic ? 'static ' : ''}${name}${isOptional ? '?' : ''}\``,
        isOptional ? this.#types.html(type!).replace(UNDEFINED, '</code>') : this.#types.html(type!),
        this.#cell(`${doc.text} ${doc.returns}${value}${throws}`.trim()),
      ]
    })
    return table(['member', 'type', ''], rows)
  }

  #doc({ text }: Doc): readonly string[] {
    return text === '' ? [] : [this.#prose(text)]
  }

  #link(item: Item): string {
    return `[${headingOf(item)}](${this.#links.to(item.symbol, this.#page.name)})`
  }

  #prose(text: string): string {
    return prose(text, this.#links, this.#page.name)
  }

  #cell(text: string): string {
    return cell(text, this.#links, this.#page.name)
  }
}

/** An optional member says so by its name. */
const UNDEFINED = / &#124; undefined<\/code>$/

const BLOCKS = `What each block of a configuration may hold, as an object that \`Gateway.start\` takes; in HCL the names are the
same. [configuration.md](../configuration.md) has the attributes of all of them in tables.`

/** The declaration of a function, a constant or a type. A type that the compiler works out has no body here. */
function declarationOf({ kind, title, name, declaration, callable, type }: Item): string {
  if (callable !== undefined) return signature(`function ${name}`, callable)
  if (kind === 'constant') return `const ${name}: ${type!.text}`
  const { node } = type!
  if (node !== undefined && ts.isConditionalTypeNode(node)) return `type ${title}`
  if (node !== undefined && isLookUp(node)) {
    const text = type!.text.replaceAll('"', "'")
    return `type ${title} =${text.length < WIDTH ? ` ${text}` : `\n  | ${text.replaceAll(' | ', '\n  | ')}`}`
  }
  return declaration.getText().replace(/^export /, '')
}

function fence(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``
}
