import type { MessagePort } from 'node:worker_threads'
import { guardedService } from '../authentication/guarded-service.js'
import type { Authentication } from '../core/adapter/authentication.js'
import type { AdapterFactory, RefusalReport } from '../core/adapter/protocol-adapter.js'
import { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import { IncomingAnswers } from '../core/incoming-answers.js'
import type { Random } from '../core/random.js'
import type { Fault } from '../core/settings/chaos.js'
import type { HealthStatus } from '../core/status.js'
import type { Logger } from '../core/telemetry.js'
import { Channel } from '../mailbox/channel.js'
import { Gauges } from '../mailbox/gauges.js'
import { Linger } from '../mailbox/linger.js'
import type { ActorBatch, RequestBatch } from '../mailbox/protocol.js'
import { RequestReader } from '../mailbox/requests.js'
import type { JoinLink, PartLink } from '../mailbox/route-link.js'
import type { ActorControl, StartActor } from '../mailbox/thread-messages.js'
import { Turn } from '../mailbox/turn.js'
import { CircuitBreaker } from '../resilience/circuit-breaker.js'
import { Formats } from '../wire/formats.js'
import { inject, startChaos } from './chaos.js'
import { Connection } from './connection.js'
import { DeadLetters } from './dead-letters.js'
import { Health } from './health.js'
import { startHeartbeat } from './heartbeat.js'
import { InHand } from './in-hand.js'
import { Operations } from './operations.js'
import { Outbox } from './outbox.js'
import { ownCopy } from './own-copy.js'
import { Receivers } from './receivers.js'
import type { ActorRoutes } from './routes/actor-routes.js'
import type { ActorRoutesDependencies } from './routes/dependencies.js'
import { PendingRequests } from './service-source.js'
import { SourceFactory } from './source-factory.js'
import { Sources } from './sources.js'
import { reportBreaker, reportConnection } from './state-reports.js'
import { endingStep, finishActor, type StoppedParts, stopActor } from './stop-actor.js'
import { TimeoutStreak } from './timeout-streak.js'
import { TopicHub } from './topic-hub.js'
import { type TransformDependencies, Transforms } from './transforms.js'
import { UnsettledDeliveries } from './unsettled.js'
import { UntakenAnswers } from './untaken-answers.js'
import { Verbs } from './verbs.js'

/** How long requests may be read in one turn of the event loop before sockets are served. */
const TURN_MS = 10

/** The share of the memory limit that messages may use. The rest is for code, sockets and garbage. */
const BUDGET_SHARE = 0.5

/** What an actor gets from the thread in which it runs. */
export interface ActorDependencies extends TransformDependencies {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Opens a channel to an embedded broker of the gateway. */
  dial(broker: string): Promise<MessagePort>
  /** Authenticates the callers of a server. Absent if it has no rules for them. */
  readonly authentication?: Authentication
  /** Starts the routes of the actor. Absent if it is in no route. */
  routes?(parts: ActorRoutesDependencies): ActorRoutes
}

/** A running actor. */
export interface IntegrationActor extends ActorControl {
  /** Uses a new link to or from another actor. */
  join(link: JoinLink): void
  /** Ends a link whose sink has died. */
  part(link: PartLink): void
}

/**
 * Starts the actor of one integration: connects its parts and implements the control interface. Requests arrive by the
 * channel and go through `Operations`; messages arrive from the adapter and leave through `Sources`.
 * @throws what the adapter's factory throws
 */
export function startIntegrationActor(
  start: StartActor,
  makeAdapter: AdapterFactory,
  dependencies: ActorDependencies,
): IntegrationActor {
  const { settings, clientId, idPrefix, latency } = start
  const { clock, random, log } = dependencies
  const gauges = new Gauges(start.gauges)
  const formats = new Formats(settings)
  const budget = new ByteBudget(settings.limits.memory * BUDGET_SHARE)
  const answers = new IncomingAnswers(budget, clock, { collect: () => untaken.collect() })
  const reportRefusal = (refusal: RefusalReport) => outbox.notice({ kind: 'refused', ...refusal })
  const adapter = makeAdapter({
    settings,
    clock,
    random,
    log,
    clientId,
    budget,
    answers,
    ...(start.kept && { kept: start.kept }),
    connectionLost: (error) => connection.lost(error),
    answerBegins: () => outbox.answerBegins(),
    deadLettered: ({ payload, ...letter }) => {
      gauges.count('deadLettered')
      outbox.notice({ kind: 'dead-letter', ...letter, bytes: ownCopy(payload) })
    },
    ...(dependencies.authentication && { authentication: dependencies.authentication }),
    refused: reportRefusal,
    dial: dependencies.dial,
  })

  const { authentication } = dependencies
  // The adapter of a `server` block asks it itself, because it answers in the terms of its protocol.
  const service =
    adapter.service !== undefined && authentication !== undefined && settings.listen === undefined
      ? guardedService(adapter.service, authentication, { clock, refused: reportRefusal })
      : adapter.service
  const reader = new RequestReader()
  const receive = (batch: RequestBatch) => {
    gauges.setLastUsed(clock.now())
    outbox.whileAccepting(() => reader.read(batch, (request) => operations.accept(request)))
  }
  const channel = new Channel<ActorBatch, RequestBatch>(
    start.channel,
    new Turn(clock, TURN_MS),
    receive,
    new Linger(clock),
  )
  channel.onWake = () => {
    sources.drain()
    untaken.woken()
  }
  const untaken = new UntakenAnswers(answers, channel)

  const outbox = new Outbox(
    clock,
    channel,
    (): number => operations.inFlight,
    (): number => operations.settling,
    untaken,
  )
  const sources = new Sources(clock, random, outbox, settings.timeoutMs, log)
  const heartbeat = startHeartbeat(
    clock,
    gauges,
    { heartbeatMs: settings.heartbeatMs, memory: settings.limits.memory },
    adapter.pool?.bind(adapter),
    () => sources.closed,
  )
  const breaker = new CircuitBreaker(
    settings.circuitBreaker,
    clock,
    (state) => reportBreaker({ gauges, outbox }, state),
    () => operations.probed(),
  )
  const connection = new Connection(adapter, clock, random, settings.reconnect, settings.timeoutMs, {
    changed: (status, error) => {
      if (reportConnection({ gauges, outbox }, adapter, clock, status, error)) disconnected()
    },
    connected: () => {
      breaker.reachable()
      streak.connected()
      operations.connected(sources.restore())
    },
    failing: () => {
      const { waitFault } = connection
      if (waitFault !== undefined) operations.failWaiting(waitFault)
    },
  })
  const { queue } = adapter
  const { timeoutMs } = settings
  const unsettled =
    queue &&
    new UnsettledDeliveries(
      new DeadLetters({ facet: queue, outbox, gauges, clock, random, budget, timeoutMs, log }),
    )
  const pending = new PendingRequests(gauges, budget, settings.limits)
  const receivers = queue && new Receivers(queue, unsettled!, clock, settings.timeoutMs)
  const topics =
    adapter.pubsub === undefined ? undefined : new TopicHub(adapter.pubsub, clock, settings.timeoutMs)
  const transforms = new Transforms(clock, budget, dependencies)
  const othersWait = (): boolean => sources.size > 1 || operations.inFlight > 0
  const factory = new SourceFactory({
    settings,
    clock,
    adapter,
    service,
    formats,
    outbox,
    gauges,
    topics,
    unsettled,
    pending,
    budget,
    transforms,
    othersWait,
    ended: (id, error) => sources.ended(id, error),
  })
  const verbs = new Verbs({
    adapter,
    clock,
    formats,
    gauges,
    sources,
    factory,
    transforms,
    receivers,
    unsettled,
    pending,
    detach: () => endingStep(clock, detached()),
  })
  const inHand = new InHand(gauges, clock)
  const streak = new TimeoutStreak(clock, () => health.suspect())
  const operations = new Operations({
    settings,
    clock,
    random,
    connection,
    breaker,
    verbs,
    outbox,
    gauges,
    latency,
    inHand,
    streak,
    idPrefix,
  })
  const routes = dependencies.routes?.({
    settings,
    clock,
    random,
    log,
    adapter,
    service,
    formats,
    outbox,
    budget,
    topics,
    sources,
    operations,
    connection,
    othersWait,
    transforms,
  })
  const health = new Health(settings, adapter, clock, connection, gauges, log)

  function disconnected(): void {
    operations.disconnected()
    unsettled?.forget()
    pending.forget()
    sources.disconnected()
    routes?.disconnected()
    topics?.disconnected()
    receivers?.disconnected()
  }

  /** Stops delivering and gives back what the application has not seen. */
  async function detached(): Promise<void> {
    await Promise.all([sources.detachAll(), receivers?.closeAll()])
  }

  connection.start()
  health.start()
  const chaos = startChaos(clock, settings.chaos)
  const parts: StoppedParts = {
    clock,
    chaos,
    heartbeat,
    health,
    routes,
    operations,
    pending,
    unsettled,
    connection,
    authentication,
    outbox,
    adapter,
    sources,
    receivers,
    detached,
  }

  return {
    finish: (withinMs, resumed) => finishActor(parts, withinMs, resumed),
    stop: (graceMs, options) => stopActor(parts, graceMs, options),
    adopt: async (left) => adapter.adopt?.(left),
    routesOpened: async () => routes?.opened(),
    async drainRoutes(): Promise<void> {
      await endingStep(clock, sources.detachKept())
      await routes?.drain()
    },
    join: (link) => routes?.join(link),
    part: (link) => routes?.part(link),
    health: (): Promise<HealthStatus> => health.check(),
    reconnect: () => connection.restart(),
    async inject(fault: Fault): Promise<void> {
      inject(fault, clock)
    },
  }
}
