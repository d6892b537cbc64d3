import { resolve } from 'node:path'
import type { Value } from '../../core/value.js'
import type { Node } from '../node.js'
import { folderOf } from '../spans.js'

type Config = { readonly [key: string]: Value }

/**
 * A `config` block with its paths made absolute: relative to the file that names them, or to the working folder
 * in an object.
 * @param block where it stands; undefined when it is left out, and then it names no path
 * @param paths the members that are paths or lists of paths
 */
export function absolutePaths(
  config: Config,
  block: Node | undefined,
  paths: readonly string[] = [],
): Config {
  if (block === undefined || paths.length === 0) return config
  const folder = folderOf(block.span)
  const absolute = (value: Value | undefined): Value | undefined => {
    if (typeof value === 'string') return resolve(folder, value)
    return Array.isArray(value) ? value.map((item) => absolute(item)!) : value
  }
  const changed = paths.map((name) => [name, absolute(config[name])] as const)
  return { ...config, ...Object.fromEntries(changed.filter(([, value]) => value !== undefined)) } as Config
}
