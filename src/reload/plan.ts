import { isDeepStrictEqual } from 'node:util'
import { type BlockSchemas, changedAttributes } from '../config/block-diff.js'
import type {
  BrokerConfig,
  GatewayConfig,
  IntegrationConfig,
  ServerConfig,
} from '../config/gateway-config.js'
import { placeOf } from '../config/spans.js'
import { areApart, type BrokerSession } from '../core/broker-session.js'
import type { Exclusive } from '../core/manifest.js'
import type { BlockPlan, ChangedAttribute, Plan, PlanKind } from '../core/reload-plan.js'
import { schemasOfBroker, schemasOfIntegration, schemasOfServer } from './schemas.js'

type Actor = IntegrationConfig | ServerConfig

/** Compares the configuration that runs with another one. Pure. */
export function planReload(before: GatewayConfig, after: GatewayConfig): Plan {
  const compared = new Comparison(before, after)
  return [
    ...compared.brokers(),
    ...compared.actors('integration', before.integrations, after.integrations),
    ...compared.actors('server', before.servers, after.servers),
    ...compared.plain('supervisor', before.supervisors, after.supervisors),
    ...compared.plain('route', before.routes, after.routes),
    ...compared.flow('data', before.data, after.data),
    ...compared.flow('action', before.actions, after.actions),
    ...compared.flow('on', before.triggers, after.triggers),
  ]
}

/** Whether a plan changes nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.every(({ action }) => action === 'unchanged')
}

class Comparison {
  readonly #before: GatewayConfig
  readonly #after: GatewayConfig
  readonly #areConstantsEqual: boolean

  constructor(before: GatewayConfig, after: GatewayConfig) {
    this.#before = before
    this.#after = after
    this.#areConstantsEqual = isDeepStrictEqual(before.written?.constants, after.written?.constants)
  }

  actors(
    kind: 'integration' | 'server',
    before: readonly Actor[],
    after: readonly Actor[],
  ): readonly BlockPlan[] {
    return pairs(before, after, ({ settings }) => settings.name).map(([name, was, is]) => {
      if (was === undefined || is === undefined) return this.#whole(kind, name, was === undefined)
      const schemas =
        kind === 'server'
          ? schemasOfServer(is as ServerConfig)
          : schemasOfIntegration(is as IntegrationConfig)
      const route = this.#changedRoute(name)
      const areEqual = isDeepStrictEqual(comparable(was), comparable(is))
      if (areEqual && route === undefined) return unchanged(kind, name)
      const attributes = areEqual ? [] : this.#attributes(kind, name, schemas)
      const file = this.#changedFile(kind, was, is)
      const reload = strongest(attributes, file === undefined && isDeepStrictEqual(was.settings, is.settings))
      if (reload === 'in place' && route === undefined) return inPlace(kind, name, attributes)
      const exclusiveActor = this.#areApart(was, is) ? undefined : (exclusiveOf(was) ?? exclusiveOf(is))
      const exclusive = exclusiveActor ?? this.#exclusiveRoute(name)
      const forcedBy =
        exclusive === undefined
          ? forcingOf(attributes, reload).forcedBy
          : {
              attribute: exclusive.attribute,
              place: this.#placeOf(kind, name, exclusive.attribute),
              reason: exclusive.reason,
            }
      const action = exclusive !== undefined || reload === 'replace' ? 'replace' : 'reconnect'
      const handOver = exclusive === undefined ? 'overlap' : 'in turn'
      const forced = forcedBy ?? route ?? file
      return { kind, name, action, handOver, attributes, ...(forced && { forcedBy: forced }) }
    })
  }

  brokers(): readonly BlockPlan[] {
    return pairs(this.#before.brokers, this.#after.brokers, ({ name }) => name).map(([name, was, is]) => {
      if (was === undefined || is === undefined) return this.#whole('broker', name, was === undefined)
      if (isDeepStrictEqual(comparable(was), comparable(is))) return unchanged('broker', name)
      const attributes = this.#attributes('broker', name, schemasOfBroker(is))
      const isInPlace = isDeepStrictEqual(
        { ...comparable(was), supervision: 0 },
        { ...comparable(is), supervision: 0 },
      )
      if (isInPlace) return inPlace('broker', name, attributes)
      const forcing = forcingOf(attributes, 'reconnect')
      return { kind: 'broker', name, action: 'replace', handOver: 'in turn', attributes, ...forcing }
    })
  }

  /** Compares blocks of plain data. */
  plain(
    kind: 'supervisor' | 'route',
    before: readonly { readonly name: string }[],
    after: readonly { readonly name: string }[],
  ): readonly BlockPlan[] {
    return pairs(before, after, ({ name }) => name).map(([name, was, is]) => {
      if (was === undefined || is === undefined) return this.#whole(kind, name, was === undefined)
      if (isDeepStrictEqual(was, is)) return unchanged(kind, name)
      return { kind, name, action: 'in place', attributes: this.#attributes(kind, name, undefined) }
    })
  }

  /** Compares blocks as they are written, because expressions of the run time cannot be compared. */
  flow(
    kind: 'data' | 'action' | 'on',
    before: readonly { readonly name: string }[],
    after: readonly { readonly name: string }[],
  ): readonly BlockPlan[] {
    return pairs(before, after, ({ name }) => name).map(([name, was, is]) => {
      if (was === undefined || is === undefined) return this.#whole(kind, name, was === undefined)
      const attributes = this.#attributes(kind, name, undefined)
      if (attributes.length === 0) return unchanged(kind, name)
      return { kind, name, action: 'in place', attributes }
    })
  }

  #whole(kind: PlanKind, name: string, isNew: boolean): BlockPlan {
    return { kind, name, action: isNew ? 'create' : 'remove', attributes: [] }
  }

  #attributes(kind: PlanKind, name: string, schemas: BlockSchemas | undefined): readonly ChangedAttribute[] {
    const key = `${kind}.${name}`
    const [before, after] = [this.#before, this.#after].map(({ written }) => written?.blocks.get(key))
    return changedAttributes(before, after, schemas, this.#areConstantsEqual)
  }

  /** The first file of an actor whose content differs. */
  #changedFile(kind: PlanKind, was: Actor, is: Actor): BlockPlan['forcedBy'] {
    const { name, protobuf } = is.settings
    const schema = was.settings.protobuf?.schema
    if (schema !== undefined && protobuf !== undefined && !isDeepStrictEqual(schema, protobuf.schema)) {
      const place = this.#placeOf(kind, name, 'protobuf')
      return { attribute: 'protobuf', place, reason: 'the schema has changed' }
    }
    const path = Object.keys(is.files ?? {}).find((each) => is.files![each] !== was.files?.[each])
    if (path === undefined) return undefined
    return { attribute: path, place: path, reason: 'the file has changed' }
  }

  /** The first route from an actor that differs; its actor starts again to run it. */
  #changedRoute(actor: string): BlockPlan['forcedBy'] {
    const of = ({ routes }: GatewayConfig) => routes.filter(({ from }) => from.integration === actor)
    for (const [name, was, is] of pairs(of(this.#before), of(this.#after), (route) => route.name)) {
      if (isDeepStrictEqual(was, is)) continue
      const attribute = `route.${name}`
      return { attribute, place: this.#placeOf('route', name, '') }
    }
    return undefined
  }

  /** Whether the broker tells both actors of an integration apart, and none of them from that of another one. */
  #areApart(was: Actor, is: Actor): boolean {
    const [before, after] = [sessionOf(was), sessionOf(is)]
    if (!areApart(before, after)) return false
    return [...this.#before.integrations, ...this.#after.integrations]
      .filter(({ settings }) => settings.name !== is.settings.name)
      .map(sessionOf)
      .every((other) => other?.clientId === undefined || (areApart(before, other) && areApart(after, other)))
  }

  /** A route from the actor with files that one actor at a time may use. */
  #exclusiveRoute(actor: string): Exclusive | undefined {
    for (const { name, from, buffer, idempotency } of [...this.#before.routes, ...this.#after.routes]) {
      if (from.integration !== actor) continue
      const part =
        buffer?.folder !== undefined ? 'buffer' : idempotency?.folder !== undefined && 'idempotency'
      if (part !== undefined && part !== false)
        return { attribute: `route.${name}.${part}`, reason: 'one actor at a time has the files of a route' }
    }
    return undefined
  }

  #placeOf(kind: PlanKind, name: string, attribute: string): string {
    const route = /^route\.(?<route>.+)\.(?:buffer|idempotency)$/u.exec(attribute)?.groups?.route
    const key = route === undefined ? `${kind}.${name}` : `route.${route}`
    const node = this.#after.written?.blocks.get(key) ?? this.#before.written?.blocks.get(key)
    let at = node
    for (const step of route === undefined ? attribute.split('.') : [attribute.split('.').at(-1)!]) {
      const inner = at?.content.kind === 'map' ? at.content.entries.get(step) : undefined
      if (inner !== undefined) at = inner
    }
    return at === undefined ? '' : placeOf(at.span)
  }
}

/** Why two actors of the block cannot run at the same time. */
function exclusiveOf({ settings, manifest }: Actor): Exclusive | undefined {
  if (settings.listen !== undefined)
    return { attribute: 'listen', reason: 'one listener at a time has the port' }
  return 'exclusive' in manifest ? manifest.exclusive?.(settings) : undefined
}

function sessionOf({ settings, manifest }: Actor): BrokerSession | undefined {
  return 'session' in manifest ? manifest.session?.(settings) : undefined
}

/** What can be compared of a block: all but the functions of its manifest. */
export function comparable<T extends Actor | BrokerConfig>({ manifest, ...rest }: T) {
  return { ...rest, manifest: [manifest.type, manifest.worker().href] }
}

function strongest(
  attributes: readonly ChangedAttribute[],
  areSettingsEqual: boolean,
): ChangedAttribute['reload'] {
  if (areSettingsEqual) return 'in place'
  return attributes.some(({ reload }) => reload === 'replace') ? 'replace' : 'reconnect'
}

function forcingOf(
  attributes: readonly ChangedAttribute[],
  reload: ChangedAttribute['reload'],
): Pick<BlockPlan, 'forcedBy'> {
  const forcing = attributes.find((each) => each.reload === reload) ?? attributes[0]
  return forcing === undefined ? {} : { forcedBy: { attribute: forcing.path, place: forcing.place } }
}

/** An attribute that takes more may be written in another way and have the same value. */
function inPlace(kind: PlanKind, name: string, changed: readonly ChangedAttribute[]): BlockPlan {
  const attributes = changed.map((each) => ({ ...each, reload: 'in place' as const }))
  return { kind, name, action: 'in place', attributes, ...forcingOf(changed, 'in place') }
}

function unchanged(kind: PlanKind, name: string): BlockPlan {
  return { kind, name, action: 'unchanged', attributes: [] }
}

/** Both versions of each thing by name, in the order of the later list; removed ones follow. */
function pairs<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (item: T) => string,
): readonly (readonly [string, T | undefined, T | undefined])[] {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [nameOf(item), item])))
  const names = new Set([...now!.keys(), ...old!.keys()])
  return [...names].map((name) => [name, old!.get(name), now!.get(name)])
}
