import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { text } from '../kinds.js'
import type { Section } from '../section.js'
import { folderOf } from '../spans.js'

/**
 * The path of a file that has to be there, relative to the file that names it, or to the working folder in an
 * object. Gives it absolute; undefined when it is not set, or cannot be read and that has been reported.
 */
export function readFilePath<T>(section: Section<T>, name: keyof T & string): string | undefined {
  const given = section.value(name, text)
  if (given === undefined) return undefined
  const node = section.node(name)!
  const path = resolve(folderOf(node.span), given)
  if (isReadableFile(path)) return path
  section.wrong(
    name,
    node,
    'the path of a file that can be read',
    given.includes('-----BEGIN')
      ? 'this is what such a file holds: write it to a file, and its path here'
      : 'it is relative to the file that names it',
  )
  return undefined
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
