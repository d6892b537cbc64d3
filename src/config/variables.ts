import { isSecretName } from '../core/secret-name.js'
import { type Diagnostics, didYouMean } from './hcl/diagnostics.js'
import {
  type Block,
  type Body,
  Deferred,
  describeValue,
  type Expression,
  type HclObject,
  type HclValue,
  isSensitive,
  report,
  type Scope,
  SensitivePaths,
  Source,
  type Span,
  setKey,
} from './hcl/index.js'
import { constrain, constraintOf, constraintText, readConstraint } from './hcl/type-constraint.js'
import { lateValue } from './node.js'
import { Section } from './reading/section.js'
import { variable } from './schema/variable.js'
import { pathName } from './spans.js'
import { Tree } from './tree.js'

/** Values of variables, and the paths (`var.x`) that must not be shown. */
export interface Variables {
  readonly values: HclObject
  readonly sensitive: SensitivePaths
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
  const sensitive = new SensitivePaths()
  for (const block of blocks) {
    const name = block.labels[0]!.value
    const { value, secret } = readVariable(block, name, given, environment, diagnostics)
    setKey(values, name, value ?? unavailable({ kind: 'invalid', span: block.typeSpan }))
    if (secret) sensitive.add(`var.${name}`)
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
  const body: Body = { ...block.body, items: block.body.items.filter((item) => item !== type) }
  const section = new Section(variable, {
    node: new Tree(environment, diagnostics).block({ ...block, body }),
    title: `the variable "${name}"`,
    diagnostics,
  })
  const node = section.node('default')
  const fallback = attribute('default')
  const own = fallback === undefined ? undefined : node === undefined ? null : lateValue(node)
  const isSet = own !== undefined && own !== null
  const secret =
    (section.values.sensitive ?? isSecretName(name)) ||
    (fallback !== undefined && isSensitive(fallback.expression, environment))
  const wanted = constraint ?? (type === undefined && isSet ? constraintOf(own) : { kind: 'any' as const })
  const fitting = (what: string, value: HclValue, span: Span) => {
    const fits = constrain(value, wanted)
    if (fits === undefined)
      report(diagnostics, span, {
        message: `the ${what} the variable "${name}" does not fit its type`,
        expected: constraintText(wanted),
        found: describeValue(value, secret),
      })
    return fits
  }
  const ofDefault = isSet ? fitting('default of', own, fallback!.expression.span) : own
  const label = block.labels[0]!.span
  if (Object.hasOwn(given, name) && given[name] !== undefined) {
    const plain = plainGiven(name, given[name], diagnostics)
    return { value: plain === undefined ? undefined : fitting('value given for', plain, label), secret }
  }
  if (fallback === undefined)
    report(diagnostics, label, {
      message: `the variable "${name}" has no value`,
      hint: `give it one with --var ${name}=… (or in "variables"), or a default`,
    })
  return { value: ofDefault, secret }
}

/** Makes the placeholder of an unavailable value. Using it reports no further error. */
export function unavailable(expression: Expression): Deferred {
  return new Deferred(expression, () => undefined)
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
