import assert from 'node:assert/strict'
import type { Capability } from '../../../core/capability.js'
import type { UnsupportedError } from '../../../core/errors/operation.js'
import type { ComplianceCase } from '../case.js'
import { OPERATIONS } from '../operations.js'
import { rejected } from '../waiting.js'

/** Makes the case that an operation which the protocol does not support is rejected before anything is sent. */
export function unsupportedCase(operation: Capability): ComplianceCase {
  return {
    name: `${operation} is refused as unsupported`,
    needs: [],
    shares: true,
    async run(context) {
      const attempt = OPERATIONS[operation](context)
      const error = await rejected<UnsupportedError>(attempt, 'unsupported', operation)
      assert.equal(error.integration, 'subject')
      assert.equal(error.retryable, false)
      assert.ok(error.operation.includes(operation) || error.operation !== '', 'it names the operation')
    },
  }
}
