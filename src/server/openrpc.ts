import type { JsonSchema, MethodDescription } from './method-description.js'

type SchemaObject = Exclude<JsonSchema, boolean>

/** Makes the OpenRPC document of the methods of a server (OpenRPC 1.3.2). */
export function openRpcDocument(
  title: string,
  methods: Iterable<readonly [name: string, description: MethodDescription]>,
): object {
  return {
    openrpc: '1.3.2',
    info: { title, version: '1.0.0' },
    methods: [...methods].map(([name, { description, params, result }]) => ({
      name,
      ...(description !== undefined && { description }),
      ...paramsOf(params),
      result: { name: 'result', schema: result ?? true },
    })),
  }
}

/** The parameters as OpenRPC lists them. Those of a method that does not describe them are unknown, not absent. */
function paramsOf(schema: JsonSchema | undefined): object {
  if (typeof schema !== 'object') return { params: [], 'x-params': 'unknown' }
  const { prefixItems, properties } = schema
  if (Array.isArray(prefixItems)) {
    const { minItems = 0 } = schema as { readonly minItems?: number }
    return {
      paramStructure: 'by-position',
      params: prefixItems.map((item: JsonSchema, index) => ({
        name: nameOf(item) ?? `param${index + 1}`,
        required: index < minItems,
        schema: item,
      })),
    }
  }
  const { required = [] } = schema as { readonly required?: readonly string[] }
  return {
    paramStructure: 'by-name',
    params: Object.entries((properties ?? {}) as SchemaObject).map(([name, property]) => ({
      name,
      required: required.includes(name),
      schema: property,
    })),
  }
}

function nameOf(schema: JsonSchema): string | undefined {
  const { title } = Object(schema) as { readonly title?: unknown }
  return typeof title === 'string' ? title : undefined
}
