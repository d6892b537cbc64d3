import { type Diagnostics, didYouMean } from './hcl/diagnostics.js'
import {
  type Block,
  type Body,
  describeValue,
  type HclObject,
  type HclValue,
  isSensitive,
  report,
  type Scope,
  Source,
  setKey,
} from './hcl/index.js'
import { constrain, constraintOf, constraintText, readConstraint } from './hcl/type-constraint.js'
import { plainValue } from './node.js'
import { Section } from './reading/section.js'
import { variable } from './schema/variable.js'
import { isSecretName } from './secrets.js'
import { pathName } from './spans.js'
import { Tree } from './tree.js'
import { unavailable } from './unavailable.js'

/** Values of variables, and the paths (`var.x`) that must not be shown. */
export interface Variables {
  readonly values: HclObject
  readonly sensitive: readonly string[]
}

/**
 * Reads the `variable` blocks. A given value overrides the default.
 * @param given values by name; strings are converted to the type of the variable
 * @param used names used in expressions: a value that is given and used needs no block
 */
export function readVariables(
  blocks: readonly Block[],
  given: Readonly<Record<string, unknown>>,
  used: ReadonlySet<string>,
  environment: Scope,
  diagnostics: Diagnostics,
): Variables {
  const values: HclObject = {}
  const sensitive: string[] = []
  for (const block of blocks) {
    const name = block.labels[0]!.value
    const { value, secret } = readVariable(block, name, given, environment, diagnostics)
    setKey(values, name, value ?? unavailable({ kind: 'invalid', span: block.typeSpan }))
    if (secret) sensitive.push(`var.${name}`)
  }
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(values, name) || value === undefined) continue
    const plain = used.has(name) ? plainGiven(name, value, diagnostics) : undefined
    if (plain !== undefined) setKey(values, name, plain)
    else if (!used.has(name)) unknownVariable(name, values, diagnostics)
  }
  return { values, sensitive }
}

function readVariable(
  block: Block,
  name: string,
  given: Readonly<Record<string, unknown>>,
  environment: Scope,
  diagnostics: Diagnostics,
): { value: HclValue | undefined; secret: boolean } {
  const attribute = (wanted: string) => block.body.attributes.find((item) => item.name === wanted)
  const type = attribute('type')
  const constraint = type && readConstraint(type.expression, diagnostics)
  // The type is not a value and was read above; the rest is read like any block.
  const items = block.body.items.filter((item) => item !== type)
  const body: Body = { ...block.body, items }
  const section = new Section(variable, {
    node: new Tree(environment, diagnostics).block({ ...block, body }),
    title: `the variable "${name}"`,
    diagnostics,
  })
  const node = section.node('default')
  const marked = section.values.sensitive
  const fallback = attribute('default')
  const secret =
    (marked ?? isSecretName(name)) ||
    (fallback !== undefined && isSensitive(fallback.expression, environment))
  const own = fallback === undefined ? undefined : node === undefined ? null : plainValue(node)
  if (
    own !== undefined &&
    constraint !== undefined &&
    own !== null &&
    constrain(own, constraint) === undefined
  )
    report(diagnostics, fallback!.expression.span, {
      message: `the default of the variable "${name}" does not fit its type`,
      expected: constraintText(constraint),
      found: describeValue(own, secret),
    })
  const wanted =
    constraint ??
    (type === undefined && own !== undefined && own !== null ? constraintOf(own) : { kind: 'any' as const })
  if (Object.hasOwn(given, name) && given[name] !== undefined) {
    const plain = plainGiven(name, given[name], diagnostics)
    const value = plain === undefined ? undefined : constrain(plain, wanted)
    if (plain !== undefined && value === undefined)
      report(diagnostics, block.labels[0]!.span, {
        message: `the value given for the variable "${name}" does not fit its type`,
        expected: constraintText(wanted),
        found: describeValue(plain, secret),
      })
    return { value, secret }
  }
  if (fallback === undefined)
    report(diagnostics, block.labels[0]!.span, {
      message: `the variable "${name}" has no value`,
      hint: `give it one with --var ${name}=… (or in "variables"), or a default`,
    })
  return { value: own === undefined || own === null ? own : constrain(own, wanted), secret }
}

/** Converts a given value. Its strings are data, never templates. */
function plainGiven(name: string, value: unknown, diagnostics: Diagnostics): HclValue | undefined {
  try {
    const json: string | undefined = JSON.stringify(value)
    if (json !== undefined) return JSON.parse(json) as HclValue
  } catch {
    // Cycles and big integers are reported below.
  }
  report(
    diagnostics,
    { source: new Source(pathName(`variables.${name}`), ''), start: 0, end: 0 },
    {
      message: 'unsupported value for a variable',
      expected: 'text, a number, true, false, null, a list or a plain object',
      found: typeof value,
    },
  )
  return undefined
}

function unknownVariable(name: string, values: HclObject, diagnostics: Diagnostics): void {
  const near = didYouMean(name, Object.keys(values))
  diagnostics.add({
    severity: 'error',
    file: '(variables)',
    line: 0,
    column: 0,
    message: `unknown variable "${name}" was given a value`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  })
}
