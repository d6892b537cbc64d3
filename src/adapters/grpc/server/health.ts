import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { asBuffer, identity } from '../bytes.js'
import { HEALTH, HEALTH_SERVICE, healthResponse, serviceOf } from '../health-messages.js'

type Watcher = ServerWritableStream<Buffer, Buffer>

/** Serves the health checking protocol. A service is healthy while at least one of its methods is served. */
export class HealthService {
  readonly #serving = new Map<string, number>()
  readonly #watchers = new Map<Watcher, string>()
  #over = false

  /** Registers the methods of the protocol. */
  register(server: Server): void {
    server.register(
      `/${HEALTH_SERVICE}/Check`,
      (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) =>
        this.#check(call.request, answer),
      identity,
      identity,
      'unary',
    )
    server.register(
      `/${HEALTH_SERVICE}/Watch`,
      (call: Watcher) => this.#watch(call),
      identity,
      identity,
      'serverStream',
    )
  }

  /** Counts a served method of `service`. */
  add(service: string): void {
    this.#serving.set(service, (this.#serving.get(service) ?? 0) + 1)
    this.#notify(service)
  }

  /** Removes a method of `service` from the count. */
  remove(service: string): void {
    this.#serving.set(service, Math.max(0, (this.#serving.get(service) ?? 0) - 1))
    this.#notify(service)
  }

  /** Reports every service as not serving and ends all watches, because the server stops. */
  close(): void {
    this.#over = true
    for (const [watcher, service] of this.#watchers) {
      watcher.write(this.#response(service))
      watcher.end()
    }
    this.#watchers.clear()
  }

  #check(request: Buffer, answer: sendUnaryData<Buffer>): void {
    const service = readService(request)
    if (service === undefined)
      return answer({ code: status.INVALID_ARGUMENT, details: 'the request is malformed' })
    if (this.#state(service) === HEALTH.serviceUnknown)
      return answer({ code: status.NOT_FOUND, details: 'the service is unknown' })
    answer(null, this.#response(service))
  }

  #watch(call: Watcher): void {
    const service = readService(call.request)
    if (service === undefined) {
      call.emit('error', { code: status.INVALID_ARGUMENT, details: 'the request is malformed' })
      return
    }
    const leave = () => this.#watchers.delete(call)
    call.on('cancelled', leave).on('error', leave).on('close', leave)
    this.#watchers.set(call, service)
    call.write(this.#response(service))
  }

  #notify(service: string): void {
    for (const [watcher, watched] of this.#watchers)
      if (watched === service) watcher.write(this.#response(service))
  }

  #response(service: string): Buffer {
    return asBuffer(healthResponse(this.#state(service)))
  }

  #state(service: string): number {
    if (service === '') return this.#over ? HEALTH.notServing : HEALTH.serving
    const count = this.#serving.get(service)
    if (count === undefined) return HEALTH.serviceUnknown
    return count > 0 && !this.#over ? HEALTH.serving : HEALTH.notServing
  }
}

function readService(request: Buffer): string | undefined {
  try {
    return serviceOf(request)
  } catch {
    return undefined
  }
}
