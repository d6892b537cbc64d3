import { dirname, resolve } from 'node:path'
import type { Span } from './hcl/index.js'

/** Returns the line on which a span begins. */
export function lineOf(span: Span): number {
  return span.source.position(span.start).line
}

/** Describes a place for a message: `gateway.hcl:12`, or the path in an object. */
export function placeOf(span: Span): string {
  const { name } = span.source
  return isPath(name) ? pathIn(name) : `${name}:${lineOf(span)}`
}

export const OPTIONS = '(options)'

/** Makes the source name of a value from an object, used in place of a file name. */
export function pathName(path: string): string {
  return `${OPTIONS} ${path}`
}

/** Tells whether a source name is a path in an object. */
export function isPath(name: string): boolean {
  return name.startsWith(OPTIONS)
}

/** Returns the path in such a source name. */
export function pathIn(name: string): string {
  return name.slice(OPTIONS.length).trim()
}

/**
 * Returns the folder to which paths in the configuration are relative: that of the file, or the working folder for
 * an object.
 */
export function folderOf(span: Span): string {
  const { name } = span.source
  return resolve(isPath(name) ? '.' : dirname(name))
}
