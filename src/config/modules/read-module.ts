import { z } from 'zod'
import { CAPABILITIES } from '../../core/capability.js'
import type { ConfigSchema, CustomManifest } from '../../core/custom-manifest.js'
import type { AdapterManifest } from '../../core/manifest.js'
import { AUTH_TYPES } from '../../core/settings/auth.js'
import type { Finding } from '../hcl/index.js'

/** A manifest, or the reason why there is none. */
export type ReadModule =
  | { readonly ok: true; readonly manifest: AdapterManifest }
  | { readonly ok: false; readonly finding: Finding }

const EXPECTED =
  'a module that exports "manifest" and "adapter", a function (see docs/adapters.md of the package)'
const FORMATS = ['json', 'msgpack', 'binary'] as const

const schema = z
  .strictObject({
    type: z.string().regex(/^[\w.-]+$/u, 'expected letters, digits, "_", "-" and "."'),
    capabilities: z.array(z.enum(CAPABILITIES)).min(1),
    formats: z
      .array(z.enum(FORMATS))
      .min(1)
      .default([...FORMATS]),
    defaultFormat: z.enum(FORMATS).optional(),
    auth: z.array(z.enum(AUTH_TYPES)).min(1).default(['none']),
    config: z.custom<ConfigSchema>(isSchema, 'expected a schema of zod 4, or a Standard Schema').optional(),
    defaultPort: z.int().min(1).max(65_535).optional(),
    needsEndpoint: z.boolean().default(true),
  })
  .refine(({ formats, defaultFormat }) => defaultFormat === undefined || formats.includes(defaultFormat), {
    path: ['defaultFormat'],
    error: 'expected one of "formats"',
  })

/**
 * Checks the exports of a module with an adapter and fills in defaults.
 * @param url URL from which the worker loads it
 */
export function readModule(module: Readonly<Record<string, unknown>>, url: URL): ReadModule {
  const { adapter, manifest } = module
  if (typeof adapter !== 'function') return unfit('adapter', 'a function', adapter, module)
  if (typeof manifest !== 'object' || manifest === null)
    return unfit('manifest', 'an object', manifest, module)
  const checked = schema.safeParse(manifest)
  if (!checked.success) {
    const faults = checked.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    )
    return refusal({ message: `its manifest is invalid: ${faults.join('; ')}`, expected: EXPECTED })
  }
  const { config, defaultFormat, defaultPort, ...rest } = checked.data
  return {
    ok: true,
    manifest: {
      ...rest,
      defaultFormat: defaultFormat ?? rest.formats[0]!,
      config: config === undefined ? z.strictObject({}) : zodSchema(config),
      ...(defaultPort !== undefined && { defaultPort }),
      worker: () => workerFor(url),
    },
  }
}

/** Returns the URL of the worker, whose query names the module to load. */
function workerFor(module: URL): URL {
  const worker = new URL('../../../workers/custom.cjs', import.meta.url)
  worker.searchParams.set('module', module.href)
  return worker
}

function unfit(name: string, wanted: string, found: unknown, module: object): ReadModule {
  const exported = Object.keys(module)
  return refusal({
    message:
      found === undefined
        ? `it does not export "${name}", ${wanted}`
        : `its "${name}" is ${found === null ? 'null' : `of type ${typeof found}`}, not ${wanted}`,
    expected: EXPECTED,
    found: exported.length === 0 ? 'a module without exports' : `the exports ${exported.join(', ')}`,
  })
}

function refusal(finding: Finding): ReadModule {
  return { ok: false, finding }
}

function isSchema(value: unknown): boolean {
  const standard = (value as Partial<ConfigSchema> | null)?.['~standard']
  return typeof standard?.validate === 'function'
}

/** Returns the schema itself if it is from zod 4, which has the best error messages; otherwise wraps it. */
function zodSchema(config: NonNullable<CustomManifest['config']>): z.ZodType {
  if ('_zod' in config) return config as unknown as z.ZodType
  return z.record(z.string(), z.unknown()).transform((given, context) => {
    const verdict = config['~standard'].validate(given)
    if (verdict instanceof Promise) {
      context.addIssue({ code: 'custom', message: 'the schema of the adapter must validate synchronously' })
      return z.NEVER
    }
    if (verdict.issues === undefined) return verdict.value
    for (const { message, path = [] } of verdict.issues)
      context.addIssue({
        code: 'custom',
        message,
        path: path.map((step) => (typeof step === 'object' ? step.key : step)),
      })
    return z.NEVER
  })
}
