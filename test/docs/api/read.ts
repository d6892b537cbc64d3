import { relative, resolve } from 'node:path'
import ts from 'typescript'
import { docOf, isInternal, packageDoc } from './docstring.js'
import type { Callable, Entry, Item, Kind, Member, Result } from './model.js'
import { compile, ROOT, type Source, sources } from './program.js'
import { isLookUp, namedTypes } from './type-text.js'

/** The public interface of the package. */
export interface Api {
  readonly entries: readonly Entry[]
  /** What the sources were read with. */
  readonly checker: ts.TypeChecker
}

let api: Api | undefined

/** Reads the public interface from the sources, once. */
export function readApi(): Api {
  if (api !== undefined) return api
  const all = sources()
  const program = compile(all)
  const checker = program.getTypeChecker()
  api = { entries: entriesOf(all, program, checker), checker }
  return api
}

/** What the sources of a program export. */
export function entriesOf(
  all: readonly Source[],
  program: ts.Program,
  checker: ts.TypeChecker,
): readonly Entry[] {
  return all.map(({ specifier, page, path }) => {
    const file = program.getSourceFile(resolve(ROOT, path))!
    const exports = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!)
    return {
      specifier,
      page,
      about: packageDoc(file),
      items: exports.map((symbol) => itemOf(symbol, checker)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    }
  })
}

function itemOf(exported: ts.Symbol, checker: ts.TypeChecker): Item {
  const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
  const isTypeOnly = exported.declarations?.some(ts.isTypeOnlyImportOrExportDeclaration) === true
  const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported
  const declaration = symbol.declarations![0]!
  const item = {
    name: exported.name,
    symbol,
    declaration,
    file: relative(ROOT, declaration.getSourceFile().fileName),
    doc: docOf(symbol, checker),
    title: `${exported.name}${typeParametersOf(declaration)}`,
    bases: [],
    members: [],
  }
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    const members = declaration.members.filter((member) => isPublic(member, isTypeOnly))
    const bases = (declaration.heritageClauses ?? [])
      .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      .flatMap(({ types }) => [...types])
    return {
      ...item,
      kind: ts.isClassDeclaration(declaration) ? 'class' : 'interface',
      bases,
      members: [
        ...members.map((member) => memberOf(member, checker)),
        ...bases.flatMap((base) => computedMembers(base, checker)),
      ],
    }
  }
  if (ts.isFunctionDeclaration(declaration))
    return { ...item, kind: 'function', callable: callableOf(declaration, checker) }
  const kind: Kind = ts.isTypeAliasDeclaration(declaration) ? 'type' : 'constant'
  return { ...item, kind, type: resultOf(declaration, checker) }
}

/** Whether a member is for applications. Of a class of which the type alone is exported, constructors are not. */
function isPublic(member: ts.ClassElement | ts.TypeElement, isTypeOnly: boolean): boolean {
  if (ts.isConstructorDeclaration(member) && isTypeOnly) return false
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  if ((ts.getCombinedModifierFlags(member) & hidden) !== 0) return false
  return !(member.name !== undefined && ts.isPrivateIdentifier(member.name)) && !isInternal(member)
}

function memberOf(member: ts.ClassElement | ts.TypeElement, checker: ts.TypeChecker): Member {
  const isConstructor = ts.isConstructorDeclaration(member)
  // Part of every declaration that was bound, and not of its published type.
  const { symbol } = member as unknown as { readonly symbol: ts.Symbol }
  const base = {
    name: isConstructor ? 'constructor' : nameOf(member),
    doc: docOf(symbol, checker),
    isStatic: (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0,
    isOptional: 'questionToken' in member && member.questionToken !== undefined,
  }
  return ts.isMethodDeclaration(member) || ts.isMethodSignature(member) || isConstructor
    ? { ...base, callable: callableOf(member, checker) }
    : { ...base, type: resultOf(member, checker) }
}

function nameOf(member: ts.ClassElement | ts.TypeElement): string {
  if (ts.isIndexSignatureDeclaration(member)) return `[${member.parameters[0]!.getText()}]`
  return member.name!.getText()
}

/** The members of a base that is worked out, such as `Pick<Options, 'qos'>`, as far as the types in it document them. */
function computedMembers(base: ts.ExpressionWithTypeArguments, checker: ts.TypeChecker): readonly Member[] {
  const types = [...namedTypes(base, checker).values()]
  if (types.every(({ flags }) => (flags & ts.SymbolFlags.TypeAlias) === 0)) return []
  return checker
    .getTypeAtLocation(base)
    .getProperties()
    .flatMap((symbol) => {
      const origin = types.flatMap(({ members }) => members?.get(symbol.escapedName) ?? [])[0]
      if (origin === undefined) return []
      const text = checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, base), base)
      const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0
      const type = { node: undefined, text }
      return [{ name: symbol.name, doc: docOf(origin, checker), isStatic: false, isOptional, type }]
    })
}

function callableOf(
  declaration: ts.FunctionDeclaration | ts.MethodDeclaration | ts.MethodSignature | ts.ConstructorDeclaration,
  checker: ts.TypeChecker,
): Callable {
  return {
    typeParameters: typeParametersOf(declaration),
    parameters: declaration.parameters.map(({ name, type, questionToken, initializer, dotDotDotToken }) => ({
      name: name.getText(),
      type,
      isOptional: questionToken !== undefined || initializer !== undefined,
      isRest: dotDotDotToken !== undefined,
    })),
    ...(!ts.isConstructorDeclaration(declaration) && { returns: resultOf(declaration, checker) }),
  }
}

/** The type of a result, a property, a constant, or what an alias stands for. */
function resultOf(declaration: ts.Declaration, checker: ts.TypeChecker): Result {
  const node = (declaration as { readonly type?: ts.TypeNode }).type
  if (node !== undefined && isLookUp(node) && ts.isTypeAliasDeclaration(declaration)) {
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias
    return { node, text: checker.typeToString(checker.getTypeAtLocation(declaration), declaration, flags) }
  }
  if (node !== undefined) return { node, text: node.getText() }
  const signature = ts.isFunctionLike(declaration)
    ? checker.getSignatureFromDeclaration(declaration)
    : undefined
  const type = signature
    ? checker.getReturnTypeOfSignature(signature)
    : checker.getTypeAtLocation(declaration)
  return { node: undefined, text: checker.typeToString(type, declaration, ts.TypeFormatFlags.NoTruncation) }
}

function typeParametersOf(declaration: ts.Declaration): string {
  const parameters = ts.getEffectiveTypeParameterDeclarations(declaration as ts.DeclarationWithTypeParameters)
  return parameters.length === 0 ? '' : `<${parameters.map((parameter) => parameter.getText()).join(', ')}>`
}
