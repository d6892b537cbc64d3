import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { SerializeError } from '../../core/errors/operation.js'
import type { Value } from '../../core/value.js'
import type { SecretMask } from '../secret-mask.js'
import { isMembers, kindOf, type Members } from './members.js'
import { errorFault, errorOf } from './reply-error.js'

/** Rules for reading answers. */
export interface ReplyRules {
  readonly integration: string
  /**
   * Whether to enforce JSON-RPC 2.0 to the letter. Otherwise accepts what existing servers send: `"error": null`
   * beside a result, no `"jsonrpc"`, the id as text, an error of any shape.
   */
  readonly strict: boolean
  /** Masks our credentials in the server's texts. */
  readonly mask: SecretMask
  /** Code for an error without one: the HTTP status, if it says more than the default. */
  readonly unnumbered?: number
}

/**
 * Reads the answer to the call `id`, or to a notification if `id` is absent (JSON-RPC 2.0, section 5). An error
 * without an id belongs to this request, because the HTTP exchange carries no other.
 */
export function readReply(reply: Value, id: number | undefined, rules: ReplyRules): RpcOutcome {
  if (!isMembers(reply)) return malformed(`expected an object, found ${kindOf(reply)}`, rules)
  const fault = envelopeFault(reply, rules.strict)
  if (fault !== undefined) return malformed(fault, rules)
  const hasNoId = reply.id === null || (reply.id === undefined && !rules.strict)
  if (!(hasNoId && hasError(reply, rules.strict)) && idOf(reply, rules.strict) !== id)
    return malformed(`expected the id ${id ?? null}, found ${kindOf(reply.id)}`, rules)
  return outcomeOf(reply, rules)
}

/** Returns the id as a number; unless `strict`, accepts a number that the server returns as text. */
export function idOf({ id }: Members, strict: boolean): number | undefined {
  if (typeof id === 'number') return id
  return !strict && typeof id === 'string' && /^[1-9]\d{0,15}$/.test(id) ? Number(id) : undefined
}

/** Returns the error that a server sends with an error status, whatever its id. */
export function errorIn(reply: Value, rules: ReplyRules, context: ErrorContext) {
  const first = Array.isArray(reply) ? (reply as readonly Value[])[0] : reply
  if (first === undefined || !isMembers(first) || !hasError(first, rules.strict)) return undefined
  return envelopeFault(first, rules.strict) === undefined
    ? errorOf(rules.mask.value(first.error!), context, rules.unnumbered)
    : undefined
}

/**
 * Reads the answers to a batch (JSON-RPC 2.0, section 6), in any order; the ids count up from `firstId`. A missing
 * or duplicate answer fails its call alone, an unknown answer is ignored, and an error in place of the array fails
 * every call.
 */
export function readBatchReply(
  reply: Value,
  firstId: number,
  count: number,
  rules: ReplyRules,
): RpcOutcome[] {
  const { strict } = rules
  const indexOf = (entry: Members) => {
    const index = (idOf(entry, strict) ?? -1) - firstId
    return Number.isInteger(index) && index >= 0 && index < count ? index : -1
  }
  const isOne = !strict && isMembers(reply) && indexOf(reply) >= 0
  if (!Array.isArray(reply) && !isOne) return new Array<RpcOutcome>(count).fill(wholeBatch(reply, rules))
  const entries = Array.isArray(reply) ? (reply as readonly Value[]) : [reply]
  const outcomes = new Array<RpcOutcome | undefined>(count).fill(undefined)
  let missing = malformed('the batch has no answer to this call', rules)
  for (const entry of entries) {
    if (!isMembers(entry)) continue
    const index = indexOf(entry)
    if (index >= 0)
      outcomes[index] =
        outcomes[index] === undefined
          ? entryOutcome(entry, rules)
          : malformed('two answers to this call', rules)
    else if (entry.id === null && isErrorReply(entry, strict)) missing = outcomeOf(entry, rules)
  }
  return outcomes.map((outcome) => outcome ?? missing)
}

function wholeBatch(reply: Value, rules: ReplyRules): RpcOutcome {
  return isMembers(reply) && isErrorReply(reply, rules.strict)
    ? outcomeOf(reply, rules)
    : malformed(`expected an array of answers, found ${kindOf(reply)}`, rules)
}

function entryOutcome(entry: Members, rules: ReplyRules): RpcOutcome {
  const fault = envelopeFault(entry, rules.strict)
  return fault === undefined ? outcomeOf(entry, rules) : malformed(fault, rules)
}

/** Tells whether the reply is a well-formed error. */
function isErrorReply(reply: Members, strict: boolean): boolean {
  return hasError(reply, strict) && envelopeFault(reply, strict) === undefined
}

/** Tells whether the reply holds an error. JSON-RPC 1.0 always sends both members, and null in the unused one. */
function hasError(reply: Members, strict: boolean): boolean {
  return Object.hasOwn(reply, 'error') && (strict || reply.error !== null)
}

/** Checks all members but the id; returns `undefined` if they are valid. */
function envelopeFault(reply: Members, strict: boolean): string | undefined {
  if (strict && reply.jsonrpc !== '2.0') return 'expected "jsonrpc": "2.0"'
  if (strict && !Object.hasOwn(reply, 'id')) return 'expected an id, found none'
  const [error, result] = [Object.hasOwn(reply, 'error'), Object.hasOwn(reply, 'result')]
  if (!error && !result) return 'expected either a result or an error, found neither'
  if (!strict) return undefined
  if (error && result) return 'expected either a result or an error, found both'
  return error ? errorFault(reply.error!) : undefined
}

function outcomeOf(reply: Members, { integration, strict, mask, unnumbered }: ReplyRules): RpcOutcome {
  if (hasError(reply, strict))
    return { ok: false, error: errorOf(mask.value(reply.error!), { integration }, unnumbered) }
  return { ok: true, value: reply.result ?? null }
}

function malformed(fault: string, { integration, mask }: ReplyRules): RpcOutcome {
  return { ok: false, error: new SerializeError(`malformed answer: ${mask.text(fault)}`, { integration }) }
}
