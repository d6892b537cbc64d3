import assert from 'node:assert/strict'
import { CAPABILITIES } from '../../core/capability.js'
import type { ComplianceCase } from './case.js'
import { CASES } from './cases/index.js'
import { unsupportedCase } from './cases/unsupported.js'
import { CaseContext } from './context.js'
import { type ComplianceOptions, has } from './options.js'
import { SharedContext } from './shared-context.js'

/** Minimum length of a reason in characters. */
const SHORTEST_REASON = 10

/**
 * Runs the compliance suite for adapters: every case over a gateway with real worker threads, reported to the
 * harness. Call it once at the top of a test file; the broker or service must run until the tests have ended.
 * @throws TypeError if `skips` names an unknown case or lacks a reason
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

/**
 * Returns the names of the cases that apply to a set of features, as a list of what an adapter is tested for. Never
 * throws.
 * @param options those of the suite, as far as they are known
 * @returns the names of the cases that the features and options select
 */
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

/** Fails if a skipped case passes, so that the skip is removed. */
async function failsWithout(one: ComplianceCase, options: ComplianceOptions): Promise<void> {
  await assert.rejects(
    runCase(one, options),
    `the case ${JSON.stringify(one.name)} is skipped, but it passes: remove the skip`,
  )
}

function checkSkips(skips: Readonly<Record<string, string>>, cases: readonly ComplianceCase[]): void {
  for (const [name, reason] of Object.entries(skips)) {
    if (!cases.some((one) => one.name === name))
      throw new TypeError(`skips: unknown case ${JSON.stringify(name)} for these features`)
    if (reason.trim().length < SHORTEST_REASON)
      throw new TypeError(
        `skips: expected a reason of at least ${SHORTEST_REASON} characters for ${JSON.stringify(name)}`,
      )
  }
}
