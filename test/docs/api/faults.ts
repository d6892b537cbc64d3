import ts from 'typescript'
import { memberHeading } from './layout.js'
import type { Callable, Doc, Entry, Item, Member, Parameter } from './model.js'
import { isLookUp, namedTypes } from './type-text.js'

/** What the documentation of the public interface lacks, one line each. */
export function docFaults(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ specifier, items }) =>
    items.flatMap((item) => itemFaults(item).map((fault) => `${specifier}: ${fault}`)),
  )
}

function itemFaults(item: Item): readonly string[] {
  return [
    ...textFaults(item.name, item.doc),
    ...(item.callable === undefined ? [] : callFaults(item.name, item.doc, item.callable)),
    ...item.members.flatMap((member) => memberFaults(item, member)),
  ]
}

function memberFaults(item: Item, member: Member): readonly string[] {
  const name = member.callable === undefined ? `${item.name}.${member.name}` : memberHeading(item, member)
  const faults = textFaults(name, member.doc)
  const isConstructor = member.callable !== undefined && member.callable.returns === undefined
  return member.callable === undefined || isConstructor
    ? faults
    : [...faults, ...callFaults(name, member.doc, member.callable)]
}

function textFaults(name: string, { text }: Doc): readonly string[] {
  return text === '' ? [`${name} is not documented`] : []
}

function callFaults(
  name: string,
  { text, returns, throws, params }: Doc,
  { returns: result, parameters }: Callable,
): readonly string[] {
  const promised = /^Promise<(.*)>$/s.exec(result!.text)?.[1]
  const givesNothing = (promised ?? result!.text) === 'void'
  const faults = parameters
    .filter(
      (parameter) => !saysItself(parameter) && !params.some((param) => isAbout(param.name, parameter.name)),
    )
    .map((parameter) => `${name} does not say what "${parameter.name}" is (@param)`)
  if (!givesNothing && returns === '') faults.push(`${name} does not say what it returns (@returns)`)
  if (givesNothing && promised !== undefined && !/\bresolves\b/i.test(`${text} ${returns}`))
    faults.push(`${name} does not say when it resolves`)
  if (throws.length === 0 && !/\bnever\s+(throws|rejects)\b/i.test(`${text} ${returns}`))
    faults.push(`${name} does not say what it throws (@throws, "Never throws" or "Never rejects")`)
  return faults
}

/** Whether the type of a parameter says what it is: one of ours, which is documented itself. */
function saysItself({ type }: Parameter): boolean {
  return /^(?!Uint8Array|Error\b)[A-Z]\w+$/.test(type?.getText() ?? '')
}

/** Whether a comment is about a parameter or a member of it. */
function isAbout(commented: string, parameter: string): boolean {
  return commented === parameter || commented.startsWith(`${parameter}.`)
}

/** Types of the package that an export names and no entry point exports: nobody could look them up. */
export function hiddenTypes(entries: readonly Entry[], checker: ts.TypeChecker): readonly string[] {
  const documented = new Set(entries.flatMap(({ items }) => items.map(({ symbol }) => symbol)))
  const isHidden = (symbol: ts.Symbol) =>
    !documented.has(symbol) &&
    (symbol.flags & ts.SymbolFlags.TypeParameter) === 0 &&
    symbol.declarations?.some((at) => /\/src\/[^/]/.test(at.getSourceFile().fileName)) === true
  const found = entries.flatMap(({ items }) =>
    items.flatMap((item) =>
      nodesOf(item).flatMap((node) =>
        [...namedTypes(node, checker)]
          .filter(([, symbol]) => isHidden(symbol))
          .map(([name]) => `${item.name} names ${name}, which is not exported`),
      ),
    ),
  )
  return [...new Set(found)]
}

/** The parts of the source that the documentation of an export shows. */
function nodesOf({ type, callable, members, bases }: Item): readonly ts.Node[] {
  const ofCallable = (each: Callable | undefined) =>
    each === undefined ? [] : [each.returns?.node, ...each.parameters.map((parameter) => parameter.type)]
  const isWorkedOut = type?.node !== undefined && (ts.isConditionalTypeNode(type.node) || isLookUp(type.node))
  return [
    ...(isWorkedOut ? [] : [type?.node]),
    ...bases.filter(({ typeArguments }) => typeArguments === undefined),
    ...ofCallable(callable),
    ...members.flatMap((member) => [member.type?.node, ...ofCallable(member.callable)]),
  ].filter((node) => node !== undefined)
}
