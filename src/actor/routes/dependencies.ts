import type { ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { ServiceFacet } from '../../core/adapter/service-facet.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { IntegrationSettings } from '../../core/settings/integration.js'
import type { Logger } from '../../core/telemetry.js'
import type { Formats } from '../../wire/formats.js'
import type { Connection } from '../connection.js'
import type { Operations } from '../operations.js'
import type { Outbox } from '../outbox.js'
import type { Sources } from '../sources.js'
import type { TopicHub } from '../topic-hub.js'
import type { Transforms } from '../transforms.js'

/** The parts of an actor that its routes use. */
export interface ActorRoutesDependencies {
  readonly settings: IntegrationSettings
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly adapter: ProtocolAdapter
  /** The service of the adapter, behind the authentication of its callers. */
  readonly service: ServiceFacet | undefined
  readonly formats: Formats
  readonly outbox: Outbox
  readonly budget: ByteBudget
  readonly topics: TopicHub | undefined
  readonly sources: Sources
  readonly operations: Operations
  readonly connection: Connection
  readonly othersWait: () => boolean
  readonly transforms: Transforms
}
