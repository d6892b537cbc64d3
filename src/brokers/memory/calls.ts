import { type Clock, every, type Timer } from '../../core/clock.js'
import { SequenceTable } from '../../core/sequence-table.js'
import type { Value } from '../../core/value.js'
import { nameFault } from './check.js'
import type { MemoryLimits } from './limits.js'
import type { AnswerEntry, CallEntry, RpcFault } from './line.js'
import type { Outbox } from './outbox.js'

/** How often calls that nobody waits for any longer are looked for. */
const SWEEP_MS = 1_000

/** JSON-RPC 2.0, section 5.1. */
const METHOD_NOT_FOUND = -32_601
/** Of the range that JSON-RPC leaves to the server. */
const TOO_MANY_CALLS = -32_000

interface Service {
  readonly number: number
  readonly method: string
  readonly line: CallLine
}

interface Call {
  readonly id: number
  readonly caller: CallLine
  readonly service: Service
  readonly request: number
  readonly entry: CallEntry
}

/** Remote calls: the servers of each method, served round robin. */
export class Calls {
  readonly limits: MemoryLimits
  readonly #clock: Clock
  readonly #servers = new Map<string, Service[]>()
  readonly #lines = new Set<CallLine>()
  readonly #sweep: Timer

  constructor(limits: MemoryLimits, clock: Clock) {
    this.limits = limits
    this.#clock = clock
    this.#sweep = every(clock, SWEEP_MS, () => this.#expire(), { background: true })
  }

  join(out: Outbox): CallLine {
    const line = new CallLine(this, out)
    this.#lines.add(line)
    return line
  }

  leave(line: CallLine): void {
    this.#lines.delete(line)
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

  /** Whose turn it is. */
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
    for (const line of this.#lines) line.expire(now)
  }
}

/** The calls that one line makes, and those it serves. */
export class CallLine {
  readonly #calls: Calls
  readonly #out: Outbox
  readonly #services = new Map<number, Service>()
  readonly #made = new SequenceTable<Call>()
  readonly #served = new SequenceTable<Call>()
  #requests = 0

  constructor(calls: Calls, out: Outbox) {
    this.#calls = calls
    this.#out = out
  }

  /** @returns what the client did wrong. */
  serve(id: number, number: number, method: string): string | undefined {
    if (this.#services.has(number)) return 'used the number of a service twice'
    const fault = nameFault(method)
    if (fault) {
      this.#out.refuse(id, fault)
      return undefined
    }
    if (this.#services.size >= this.#calls.limits.registrations) {
      this.#out.refuse(id, `the line has ${this.#services.size} services already`, true)
      return undefined
    }
    const service = { number, method, line: this }
    this.#services.set(number, service)
    this.#calls.add(service)
    this.#out.done(id)
    return undefined
  }

  /** Takes no new calls; those it has may still be answered. */
  unserve(number: number): void {
    const service = this.#services.get(number)
    if (!service) return
    this.#services.delete(number)
    this.#calls.remove(service)
  }

  /** @returns what the client did wrong. */
  call(entry: CallEntry): string | undefined {
    if (this.#made.has(entry.id)) return 'used the number of a call twice'
    if (this.#made.size >= this.#calls.limits.calls) {
      this.#refuse(entry.id, `${this.#made.size} calls of this line wait for their answer already`)
      return undefined
    }
    this.#route(entry)
    return undefined
  }

  /** The request was not taken: another server of the method gets it, unless this one is only busy. */
  decline(request: number, isBusy: boolean): void {
    const call = this.#served.get(request)
    if (!call) return
    end(call)
    if (isBusy) call.caller.#refuse(call.id, `the server of method ${call.service.method} is busy`)
    else call.caller.#route(call.entry)
  }

  /** An answer to a call that has ended is dropped. */
  answer({ request, value, fault }: AnswerEntry): void {
    const call = this.#served.get(request)
    if (!call) return
    end(call)
    if (fault) call.caller.#out.fail(call.id, rpcFault(fault))
    else call.caller.#out.send({ op: 'result', id: call.id, value: value ?? null })
  }

  /** Ends the calls whose time is up. */
  expire(now: number): void {
    for (const call of this.#made.values())
      if (call.entry.deadline <= now) {
        end(call)
        this.#out.fail(call.id, { kind: 'timeout' })
      }
  }

  /** Callers of this line's services are told; the answers to its own calls will be dropped. */
  close(): void {
    this.#calls.leave(this)
    for (const number of [...this.#services.keys()]) this.unserve(number)
    for (const call of this.#made.values()) end(call)
    for (const call of this.#served.values()) {
      end(call)
      const reason = `the server of method ${call.service.method} closed its line before it answered`
      call.caller.#out.fail(call.id, { kind: 'connection', reason })
    }
  }

  #refuse(id: number, message: string): void {
    this.#out.fail(id, { kind: 'rpc', code: TOO_MANY_CALLS, message, retryable: true, notExecuted: true })
  }

  #route(entry: CallEntry): void {
    const service = this.#calls.next(entry.method)
    if (service) service.line.#accept(service, this, entry)
    else {
      const message = `no server for method ${entry.method}`
      this.#out.fail(entry.id, { kind: 'rpc', code: METHOD_NOT_FOUND, message, notExecuted: true })
    }
  }

  #accept(service: Service, caller: CallLine, entry: CallEntry): void {
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
    call.service.line.#served.take(call.request)
  }
}

const end = CallLine.forget

/** Only what belongs to an answer: whether to retry is for the caller's side to say. */
const rpcFault = ({ code, message, data }: RpcFault): RpcFault => ({
  kind: 'rpc',
  code,
  message,
  ...(data !== undefined && { data }),
})
