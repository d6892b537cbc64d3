import { setMember } from '../core/set-member.js'
import type { UpdateMode } from '../core/settings/data.js'

/** How an update changed the value of a `data` block. */
export type UpdateKind =
  /** The value was replaced. */
  | 'full'
  /** A merge patch was applied. */
  | 'partial'
  /** A value was added to the list. */
  | 'append'
  /** A merge patch was `null`: the value is `null` now. */
  | 'delete'

/** An update of a `data` block. Its values are shared with other readers: do not change them. */
export interface Update<T = unknown> {
  /** The name of the `data` block. */
  readonly source: string
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** The value after the update; after an error the last good value, or `undefined` if there is none. */
  readonly value: T
  /** How the value changed. */
  readonly kind: UpdateKind
  /** Why there is no newer value. Absent if the update succeeded. */
  readonly error?: Error
}

/** Applies a new value. Does not change the previous value. */
export function applyUpdate(
  previous: unknown,
  next: unknown,
  mode: UpdateMode,
): { readonly value: unknown; readonly kind: UpdateKind } {
  switch (mode.kind) {
    case 'replace':
      return { value: next, kind: 'full' }
    case 'append': {
      const list = Array.isArray(previous) ? previous : []
      return { value: [...list.slice(Math.max(0, list.length + 1 - mode.limit)), next], kind: 'append' }
    }
    case 'partial':
      return { value: mergePatch(previous, next), kind: next === null ? 'delete' : 'partial' }
  }
}

/** Applies a merge patch (RFC 7396, section 2). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const merged: Record<string, unknown> = {}
  if (isRecord(target)) for (const key of Object.keys(target)) setMember(merged, key, target[key])
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete merged[key]
    else setMember(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value))
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Date)
  )
}
