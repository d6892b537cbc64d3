import type { ByteBudget } from '../../core/byte-budget.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { SequenceTable } from '../../core/sequence-table.js'
import type { Value } from '../../core/value.js'
import { nameFault } from './check.js'
import type { MemoryLimits } from './limits.js'
import type { AnswerEntry, CallEntry, RpcFault } from './line.js'
import type { Outbox } from './outbox.js'
import { Results } from './results.js'

/** Interval of the check for expired calls, in milliseconds. */
const SWEEP_MS = 1_000

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32_601
/** A code from the range that JSON-RPC reserves for servers. */
const TOO_MANY_CALLS = -32_000

interface Service {
  readonly number: number
  readonly method: string
  readonly session: CallSession
}

interface Call {
  readonly id: number
  readonly caller: CallSession
  readonly service: Service
  readonly request: number
  readonly entry: CallEntry
}

/** Remote calls. The servers of a method are used in turn. */
export class Calls {
  readonly limits: MemoryLimits
  readonly budget: ByteBudget
  readonly #clock: Clock
  readonly #servers = new Map<string, Service[]>()
  readonly #sessions = new Set<CallSession>()
  readonly #sweep: Timer

  constructor(limits: MemoryLimits, clock: Clock, budget: ByteBudget) {
    this.limits = limits
    this.budget = budget
    this.#clock = clock
    this.#sweep = every(clock, SWEEP_MS, () => this.#expire(), { background: true })
  }

  join(out: Outbox): CallSession {
    const session = new CallSession(this, out)
    this.#sessions.add(session)
    return session
  }

  leave(session: CallSession): void {
    this.#sessions.delete(session)
  }

  add(service: Service): void {
    const servers = this.#servers.get(service.method)
    if (servers) servers.push(service)
    else this.#servers.set(service.method, [service])
  }

  remove(service: Service): void {
    const servers = this.#servers.get(service.method)
    const at = servers?.indexOf(service) ?? -1
    if (at >= 0) servers!.splice(at, 1)
    if (servers?.length === 0) this.#servers.delete(service.method)
  }

  /** Returns the next server of a method. */
  next(method: string): Service | undefined {
    const servers = this.#servers.get(method)
    if (!servers) return undefined
    const service = servers.shift()!
    servers.push(service)
    return service
  }

  stop(): void {
    this.#sweep.cancel()
  }

  #expire(): void {
    const now = this.#clock.monotonic()
    for (const session of this.#sessions) session.expire(now)
  }
}

/** The calls that one client makes, and those that it serves. */
export class CallSession {
  readonly #calls: Calls
  readonly #out: Outbox
  readonly #services = new Map<number, Service>()
  readonly #made = new SequenceTable<Call>()
  readonly #served = new SequenceTable<Call>()
  /** The results of the calls that this client makes. */
  readonly #results: Results
  #requests = 0

  constructor(calls: Calls, out: Outbox) {
    this.#calls = calls
    this.#out = out
    this.#results = new Results(out, calls.budget)
  }

  /** @returns the client's protocol violation, if any */
  serve(id: number, number: number, method: string): string | undefined {
    if (this.#services.has(number)) return 'used the number of a service twice'
    const fault = nameFault(method)
    if (fault) {
      this.#out.refuse(id, fault)
      return undefined
    }
    if (this.#services.size >= this.#calls.limits.registrations) {
      this.#out.refuse(id, `limit of services (${this.#services.size}) of this connection reached`, true)
      return undefined
    }
    const service = { number, method, session: this }
    this.#services.set(number, service)
    this.#calls.add(service)
    this.#out.done(id)
    return undefined
  }

  /** Ends a service. Its calls in flight may still be answered. */
  unserve(number: number): void {
    const service = this.#services.get(number)
    if (!service) return
    this.#services.delete(number)
    this.#calls.remove(service)
  }

  /** @returns the client's protocol violation, if any */
  call(entry: CallEntry): string | undefined {
    if (this.#made.has(entry.id)) return 'used the number of a call twice'
    if (this.#made.size >= this.#calls.limits.calls) {
      this.#refuse(entry.id, `limit of calls in flight (${this.#made.size}) of this connection reached`)
      return undefined
    }
    this.#route(entry)
    return undefined
  }

  /**
   * Handles a request that the server declined: gives it to another server, or fails the call if the server is busy.
   */
  decline(request: number, isBusy: boolean): void {
    const call = this.#served.get(request)
    if (!call) return
    end(call)
    if (isBusy) call.caller.#refuse(call.id, `the server of method ${call.service.method} is busy`)
    else call.caller.#route(call.entry)
  }

  /** Passes an answer to the caller. Drops the answer to a call that has ended. */
  answer({ id, request, value, weight = 0, fault }: AnswerEntry): void {
    const acknowledge = () => {
      if (id !== undefined) this.#out.done(id)
    }
    const call = this.#served.get(request)
    if (!call) return acknowledge()
    end(call)
    if (!fault) return call.caller.#results.add(call.id, value ?? null, weight, acknowledge)
    call.caller.#out.fail(call.id, rpcFault(fault))
    acknowledge()
  }

  /** @returns the client's protocol violation, if any */
  took(weight: number): string | undefined {
    return this.#results.took(weight)
  }

  /** Ends the calls whose deadline has passed. */
  expire(now: number): void {
    for (const call of this.#made.values())
      if (call.entry.deadline <= now) {
        end(call)
        this.#out.fail(call.id, { kind: 'timeout' })
      }
  }

  /** Fails the calls to this client's services, and forgets its own calls. */
  close(): void {
    this.#calls.leave(this)
    this.#results.close()
    for (const number of [...this.#services.keys()]) this.unserve(number)
    for (const call of this.#made.values()) end(call)
    for (const call of this.#served.values()) {
      end(call)
      const reason = `the server of method ${call.service.method} disconnected before it answered`
      call.caller.#out.fail(call.id, { kind: 'connection', reason })
    }
  }

  #refuse(id: number, message: string): void {
    this.#out.fail(id, { kind: 'rpc', code: TOO_MANY_CALLS, message, retryable: true, notExecuted: true })
  }

  #route(entry: CallEntry): void {
    const service = this.#calls.next(entry.method)
    if (service) service.session.#accept(service, this, entry)
    else {
      const message = `no server is registered for method ${JSON.stringify(entry.method)}`
      this.#out.fail(entry.id, { kind: 'rpc', code: METHOD_NOT_FOUND, message, notExecuted: true })
    }
  }

  #accept(service: Service, caller: CallSession, entry: CallEntry): void {
    const request = ++this.#requests
    const call = { id: entry.id, caller, service, request, entry }
    this.#served.set(request, call)
    caller.#made.set(entry.id, call)
    this.#out.send({
      op: 'request',
      service: service.number,
      request,
      ...(entry.params !== undefined && { params: entry.params as Value }),
      ...(entry.notification && { notification: true }),
    })
  }

  static forget(call: Call): void {
    call.caller.#made.take(call.id)
    call.service.session.#served.take(call.request)
  }
}

const end = CallSession.forget

/** Copies only the fields of an error answer. A server must not set `retryable` or `notExecuted`. */
const rpcFault = ({ code, message, data }: RpcFault): RpcFault => ({
  kind: 'rpc',
  code,
  message,
  ...(data !== undefined && { data }),
})
