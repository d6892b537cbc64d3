import {
  ROUTE_COUNTERS,
  ROUTE_LEVELS,
  type RouteCounter,
  type RouteCounts,
  type RouteLevel,
} from '../core/metrics.js'

const COUNTERS = Object.keys(ROUTE_COUNTERS) as readonly RouteCounter[]
const LEVELS = Object.keys(ROUTE_LEVELS) as readonly RouteLevel[]
const AT = Object.fromEntries([...COUNTERS, ...LEVELS].map((name, i) => [name, i])) as Readonly<
  Record<RouteCounter | RouteLevel, number>
>

/** The figures of a route in shared memory: written by the actor of its source, read by the host without a message. */
export class RouteGauges {
  readonly shared: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(
    shared = new SharedArrayBuffer((COUNTERS.length + LEVELS.length) * Float64Array.BYTES_PER_ELEMENT),
  ) {
    this.shared = shared
    this.#cells = new Float64Array(shared)
  }

  count(counter: RouteCounter, by = 1): void {
    this.#cells[AT[counter]]! += by
  }

  set(level: RouteLevel, value: number): void {
    this.#cells[AT[level]] = value
  }

  get counts(): RouteCounts {
    return Object.fromEntries(COUNTERS.map((name) => [name, this.#cells[AT[name]]!])) as Record<
      RouteCounter,
      number
    >
  }

  get levels(): Readonly<Record<RouteLevel, number>> {
    return Object.fromEntries(LEVELS.map((name) => [name, this.#cells[AT[name]]!])) as Record<
      RouteLevel,
      number
    >
  }
}

/** Adds the counts of two lives of a source. */
export function addRouteCounts(a: RouteCounts, b: RouteCounts): RouteCounts {
  return Object.fromEntries(COUNTERS.map((name) => [name, a[name] + b[name]])) as Record<RouteCounter, number>
}
