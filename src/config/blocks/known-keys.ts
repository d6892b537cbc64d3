import { z } from 'zod'

/** The schema at a path inside of another, without its defaults and options; undefined when there is none. */
function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  let at = bare(schema)
  for (const step of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[step as string])
    else if (at instanceof z.ZodArray) at = bare(at.element)
    else if (at instanceof z.ZodRecord) at = bare(at.valueType)
    else return undefined
  }
  return at
}

function bare(schema: unknown): unknown {
  let at = schema
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodNullable)
    at = at.unwrap()
  return at instanceof z.ZodPipe ? bare(at.in) : at
}

/** The keys that an object at that path may have. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const at = schemaAt(schema, path)
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}
