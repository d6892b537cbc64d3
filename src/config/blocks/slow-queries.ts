import { queriesOf, type TransformSettings } from '../../core/settings/transform.js'
import { checkQuery } from '../../transform/jq/check.js'
import { type Node, nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'

/** Warns of jq queries that are not compiled, with the reason: they take the slow path. */
export function warnOfSlowQueries(
  section: AnySection,
  node: Node | undefined,
  transforms: readonly TransformSettings[],
): void {
  for (const [index, transform] of transforms.entries())
    for (const { path, query } of queriesOf(transform)) {
      const { slow } = checkQuery(query.text)
      if (slow === undefined || node === undefined) continue
      const at = nodeAt(node, node.content.kind === 'list' ? [index, ...path] : path)
      section.fault((at ?? node).span, {
        severity: 'warning',
        message: `slow path: the query ${slow}, which is not compiled`,
        hint: 'it works, but takes much longer for each message',
      })
    }
}
