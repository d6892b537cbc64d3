/** Bytes, or text such as `"64KB"`, `"16MB"`, `"1.5GB"` (powers of 1024). */
export type Size = number | string

const UNITS = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const

/**
 * Reads a size: a number of bytes, or text such as `"64KB"`, `"16MB"`, `"1.5GB"` (powers of 1024).
 * @returns bytes; `undefined` if it is not a size
 */
export function parseBytes(size: unknown): number | undefined {
  if (typeof size === 'number') return Number.isFinite(size) && size >= 0 ? Math.floor(size) : undefined
  if (typeof size !== 'string') return undefined
  const parts = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|kib|mib|gib)?$/i.exec(size.trim())
  if (parts === null) return undefined
  const unit = (parts[2] ?? 'b').toLowerCase().replace('i', '') as keyof typeof UNITS
  return Math.floor(Number(parts[1]) * UNITS[unit])
}

/** Formats a size for a message: `"16 MB"`. */
export function formatBytes(bytes: number): string {
  for (const unit of ['gb', 'mb', 'kb'] as const)
    if (bytes >= UNITS[unit]) return `${Number((bytes / UNITS[unit]).toFixed(1))} ${unit.toUpperCase()}`
  return `${bytes} B`
}
