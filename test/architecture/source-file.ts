import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path/posix'
import ts from 'typescript'

export interface Import {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
  /** The imported file of this repository, for a relative specifier. */
  readonly file?: string
  /** The imported package, or `node:…`, for any other. */
  readonly package?: string
}

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string
  readonly imports: readonly Import[]
  /** Uses of globals, by the names of `CONFINED`. */
  readonly uses: readonly { readonly name: string; readonly line: number }[]
}

/** Every TypeScript file under the folders, from the root of the repository. */
export async function listSources(root: string, folders: readonly string[]): Promise<readonly string[]> {
  const lists = folders.map(async (folder) => {
    const names = await readdir(join(root, folder), { recursive: true }).catch(() => [])
    return names.filter((name) => /\.[cm]?tsx?$/.test(name)).map((name) => join(folder, name))
  })
  return (await Promise.all(lists)).flat().sort()
}

/**
 * Reads what a file imports, types included, and which globals it uses.
 * @throws Error when TypeScript's own scanner finds other imports than we do.
 */
export async function readSource(root: string, path: string): Promise<SourceFile> {
  const text = await readFile(join(root, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const uses: { name: string; line: number }[] = []
  const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart()).line + 1

  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined)
      imports.push({
        specifier,
        line: lineOf(node),
        typeOnly: isTypeOnly(node),
        ...targetOf(path, specifier),
      })
    const name = useOf(node)
    if (name !== undefined) uses.push({ name, line: lineOf(node) })
    ts.forEachChild(node, visit)
  }
  visit(tree)

  const scanned = new Set(ts.preProcessFile(text, true, false).importedFiles.map((file) => file.fileName))
  const missed = [...scanned].filter((file) => !imports.some(({ specifier }) => specifier === file))
  if (missed.length > 0) throw new Error(`${path}: the check overlooked the imports ${missed.join(', ')}`)
  return { path, imports, uses }
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined
  if (ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire(node)))
    return textOf(node.arguments[0])
  return undefined
}

function isRequire(node: ts.CallExpression): boolean {
  return ts.isIdentifier(node.expression) && node.expression.text === 'require'
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  return ts.isImportDeclaration(node) && node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function targetOf(path: string, specifier: string): { file: string } | { package: string } {
  if (specifier.startsWith('.'))
    return { file: normalize(join(dirname(path), specifier)).replace(/\.([cm]?)js$/, '.$1ts') }
  if (specifier.startsWith('node:')) return { package: specifier }
  const [scope, name] = specifier.split('/')
  return { package: specifier.startsWith('@') ? `${scope}/${name}` : scope! }
}

const GLOBALS = ['setTimeout', 'setInterval', 'setImmediate', 'console']
/** Members whatever the object: `crypto.randomUUID`, `globalThis.crypto.randomUUID`, `webcrypto.getRandomValues`. */
const METHODS = [
  'randomUUID',
  'randomBytes',
  'randomInt',
  'randomFillSync',
  'getRandomValues',
  'readFile',
  'readFileSync',
  'createReadStream',
]
const MEMBERS = [
  'Math.random',
  'Date.now',
  'performance.now',
  'process.hrtime',
  'process.exit',
  'AbortSignal.timeout',
  'AbortSignal.any',
]

/** The name of the confined global that this node uses, in itself. */
function useOf(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const made = ts.isIdentifier(node.expression) ? node.expression.text : ''
    if (made === 'AbortController') return 'new AbortController'
    return made === 'Date' && !node.arguments?.length ? 'new Date()' : undefined
  }
  if (ts.isPropertyAccessExpression(node)) {
    const object = node.expression.getText().replace(/^(globalThis|global)\./, '')
    if (['globalThis', 'global'].includes(object) && GLOBALS.includes(node.name.text)) return node.name.text
    if (METHODS.includes(node.name.text)) return node.name.text
    return MEMBERS.find((member) => member === `${object}.${node.name.text}`)
  }
  // A name that is taken out of its module or object: what happens to it afterwards does not matter.
  if (ts.isImportSpecifier(node) || ts.isBindingElement(node)) {
    const taken = (node.propertyName ?? node.name).getText()
    return METHODS.includes(taken) ? taken : undefined
  }
  if (ts.isIdentifier(node) && GLOBALS.includes(node.text) && isReference(node)) return node.text
  return undefined
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false
  return !(ts.isTypeQueryNode(parent) || ('name' in parent && parent.name === node))
}
