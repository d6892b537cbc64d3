import type { TransformSettings } from '../../core/settings/transform.js'
import { nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'
import type { ScriptContext } from './script.js'

/** Reports transforms by functions of scripts that do not exist. */
export function checkTransformScripts(
  section: AnySection,
  transforms: readonly TransformSettings[],
  scripts: ScriptContext,
): void {
  const node = section.node('transform')
  if (node === undefined) return
  for (const [index, { type }] of transforms.entries()) {
    if (type !== 'script') continue
    const at = nodeAt(node, node.content.kind === 'list' ? [index, 'function'] : ['function'])
    if (at !== undefined) scripts.read(at, section)
  }
}
