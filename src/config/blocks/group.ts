import type { SupervisionSettings } from '../../core/settings/supervision.js'
import { withoutUserInfo } from '../../core/user-info.js'
import { didYouMean } from '../hcl/diagnostics.js'
import { describeNode, nodeAt } from '../node.js'
import type { AnySection } from '../reading/section.js'

/** Reports a `group` that is not the name of a `supervisor` block. */
export function checkGroup(
  section: AnySection,
  { supervision: { group } }: { readonly supervision: SupervisionSettings },
  groups: ReadonlySet<string>,
): void {
  if (group === undefined || groups.has(group)) return
  const node = nodeAt(section.node('supervision')!, ['group'])!
  const near = didYouMean(group, groups)
  section.fault(node.span, {
    message: 'wrong value for "group"',
    expected:
      groups.size === 0
        ? 'a supervisor block of that name'
        : `one of the supervisors ${[...groups].join(', ')}`,
    found: describeNode(node),
    hint:
      near === undefined ? `write supervisor "${withoutUserInfo(group)}" { … }` : `did you mean "${near}"?`,
  })
}
