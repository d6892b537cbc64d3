/**
 * The compliance suite for adapters, and a clock and random numbers that a test drives.
 * @packageDocumentation
 */

export type { Capability } from '../core/capability.js'
export type { Clock, Timer } from '../core/clock.js'
export type { Random } from '../core/random.js'
export type { Feature, Features } from './compliance/features.js'
export type { ComplianceHarness, ComplianceOptions, IntegrationOptions } from './compliance/options.js'
export {
  COMPLIANCE_METHODS,
  type ComplianceMethod,
  ComplianceService,
  isComplianceMethod,
} from './compliance/service.js'
export { adapterCompliance, complianceCases } from './compliance/suite.js'
export { ManualClock, settled } from './manual-clock.js'
export { SeededRandom } from './seeded-random.js'
