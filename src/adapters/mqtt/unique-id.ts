/** A name that nobody else has. Node's crypto comes with the first: most actors do without, and it is half a megabyte. */
export function uniqueId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID()
}
