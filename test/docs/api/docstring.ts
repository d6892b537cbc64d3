import ts from 'typescript'
import type { Doc } from './model.js'

/** Reads the documentation comment of a declaration, or the one that it inherits from what it implements. */
export function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): Doc {
  const tags = symbol.getJsDocTags(checker).map(({ name, text }) => ({ name, text: textOf(text) }))
  const named = (name: string) => tags.filter((tag) => tag.name === name).map(({ text }) => text)
  return {
    text: textOf(symbol.getDocumentationComment(checker)),
    params: named('param').map((text) => {
      const [, name = '', rest = ''] = /^(\S+)\s*-?\s*(.*)$/s.exec(text) ?? []
      return { name, text: rest }
    }),
    returns: named('returns').join(' '),
    throws: named('throws'),
    defaultValue: named('defaultValue').join(' '),
  }
}

/** Whether a comment keeps a declaration out of the published types. */
export function isInternal(declaration: ts.Node): boolean {
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')
}

/** What the comment at the top of a file says of it, by `@packageDocumentation`. */
export function packageDoc(file: ts.SourceFile): string {
  const [comment] = ts.getLeadingCommentRanges(file.text, 0) ?? []
  const text = comment === undefined ? '' : file.text.slice(comment.pos, comment.end)
  if (!text.includes('@packageDocumentation')) return ''
  return text
    .replace(/^\/\*\*|\*\/$|@packageDocumentation/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim()
}

function textOf(parts: ts.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString(parts).trim()
}
