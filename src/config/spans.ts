import { dirname, resolve } from 'node:path'
import type { Span } from './hcl/index.js'

/** The line a stretch of text begins on. */
export function lineOf(span: Span): number {
  return span.source.position(span.start).line
}

/** A place in words, for a message about another place: `gateway.hcl:12`, or the path in an object. */
export function placeOf(span: Span): string {
  const { name } = span.source
  return isPath(name) ? pathIn(name) : `${name}:${lineOf(span)}`
}

export const OPTIONS = '(options)'

/** The name that stands for a file where a value comes from an object. */
export function pathName(path: string): string {
  return `${OPTIONS} ${path}`
}

/** Whether the name of a source is a path in an object. */
export function isPath(name: string): boolean {
  return name.startsWith(OPTIONS)
}

/** The path in the name of such a source. */
export function pathIn(name: string): string {
  return name.slice(OPTIONS.length).trim()
}

/** What a path in the configuration is relative to: the folder of the file, or of an object the working folder. */
export function folderOf(span: Span): string {
  const { name } = span.source
  return resolve(isPath(name) ? '.' : dirname(name))
}
