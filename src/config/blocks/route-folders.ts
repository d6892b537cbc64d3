import { resolve } from 'node:path'
import { nodeAt } from '../node.js'
import type { Section } from '../reading/section.js'
import type { route } from '../schema/route.js'

/** The folders on disk that routes use, and what uses each. */
export type Folders = Map<string, string>

/** Reports a store on disk without its folder, a folder that is not used, and one that something else uses. */
export function checkFolders(section: Section<typeof route>, name: string, folders: Folders): void {
  const { idempotency, buffer } = section.values
  const parts = [
    { name: 'buffer', attribute: 'type', kind: buffer?.type, path: buffer?.path },
    { name: 'idempotency', attribute: 'store', kind: idempotency?.store, path: idempotency?.path },
  ]
  for (const { name: part, attribute, kind, path } of parts) {
    const node = section.node(part)
    if (node === undefined || kind === undefined) continue
    if (kind === 'disk' && path === undefined)
      section.fault(node.span, {
        message: `the block "${part}" needs "path" with ${attribute} = "disk"`,
        hint: 'path = "./data/NAME"',
      })
    if (path === undefined) continue
    const at = nodeAt(node, ['path'])!
    if (kind === 'memory') section.fault(at.nameSpan, { message: `"path" is for ${attribute} = "disk"` })
    else
      claim(resolve(path), `the block "${part}" of the route "${name}"`, folders, (user) =>
        section.fault(at.span, {
          message: `${user} uses this folder already`,
          expected: 'a folder that nothing else uses',
        }),
      )
  }
}

function claim(folder: string, user: string, folders: Folders, taken: (by: string) => void): void {
  const other = folders.get(folder)
  if (other === undefined) folders.set(folder, user)
  else taken(other)
}
