import assert from 'node:assert/strict'
import { CAPABILITIES } from '../../core/capability.js'
import type { ComplianceCase } from './case.js'
import { CASES } from './cases/index.js'
import { unsupportedCase } from './cases/unsupported.js'
import { CaseContext } from './context.js'
import { type ComplianceOptions, has } from './options.js'
import { SharedContext } from './shared-context.js'

/** A reason must say something: this many characters at least. */
const SHORTEST_REASON = 10

/**
 * The compliance suite for adapters: runs every case over a gateway with real worker threads and reports to the
 * harness. Each case has its own gateway; a harness with `afterAll` lets cases that leave it as it was share one. Call it once at the top of a test file; the broker or service must run
 * until the tests have ended.
 * @throws TypeError when `skips` names a case that there is not, or has no reason
 */
export function adapterCompliance(options: ComplianceOptions): void {
  const { harness, features, skips = {} } = options
  const cases = [
    ...CASES.filter((one) => applies(one, options)),
    ...CAPABILITIES.filter((operation) => !features[operation]).map(unsupportedCase),
  ]
  checkSkips(skips, cases)
  const shared = harness.afterAll && new SharedContext(options)
  harness.describe(`${options.name} complies`, () => {
    if (shared !== undefined) harness.afterAll?.(() => shared.end())
    for (const one of cases) {
      const reason = skips[one.name]
      if (reason === undefined) harness.it(one.name, () => runCase(one, options, shared))
      else harness.it(`${one.name} (not here: ${reason})`, async () => failsWithout(one, options))
    }
  })
}

/** The names of the cases that a record of features selects; for a list of what an adapter is tested for. */
export function complianceCases(
  options: Pick<ComplianceOptions, 'features'> & Partial<ComplianceOptions>,
): string[] {
  return CASES.filter((one) => applies(one, options)).map(({ name }) => name)
}

function applies(
  { needs }: ComplianceCase,
  options: Pick<ComplianceOptions, 'features'> & Partial<ComplianceOptions>,
): boolean {
  return needs.every((need) => has(options, need))
}

async function runCase(
  one: ComplianceCase,
  options: ComplianceOptions,
  shared?: SharedContext,
): Promise<void> {
  if (shared !== undefined && one.shares) return shared.run((context) => one.run(context))
  const context = await CaseContext.start(options, one)
  try {
    await one.run(context)
  } finally {
    await context.end()
  }
}

/** A skip that is not needed any more must not stay: the case has to fail. */
async function failsWithout(one: ComplianceCase, options: ComplianceOptions): Promise<void> {
  await assert.rejects(
    runCase(one, options),
    `the case ${JSON.stringify(one.name)} is skipped, but it passes: remove the skip`,
  )
}

function checkSkips(skips: Readonly<Record<string, string>>, cases: readonly ComplianceCase[]): void {
  for (const [name, reason] of Object.entries(skips)) {
    if (!cases.some((one) => one.name === name))
      throw new TypeError(`skips: there is no case ${JSON.stringify(name)} for these features`)
    if (reason.trim().length < SHORTEST_REASON)
      throw new TypeError(`skips: expected a reason why ${JSON.stringify(name)} cannot hold`)
  }
}
