import type { TransformSettings } from '../../core/settings/transform.js'
import type { Names } from '../names.js'
import { nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'

/** Reports joins with a `data` that does not exist. @param own the `data` block that the transforms belong to */
export function checkJoins(
  section: AnySection,
  transforms: readonly TransformSettings[],
  names: Names,
  own?: string,
): void {
  const node = section.node('transform')
  if (node === undefined) return
  for (const [index, transform] of transforms.entries()) {
    if (transform.type !== 'join') continue
    const at = nodeAt(node, node.content.kind === 'list' ? [index, 'with'] : ['with'])
    if (at === undefined) continue
    if (!names.of('data').has(transform.with))
      names.unknown('data', transform.with, at.span, section.diagnostics)
    else if (transform.with === own)
      section.fault(at.span, {
        message: `the data "${own}" cannot be joined with itself`,
        expected: 'another data block',
      })
  }
}
