import { ACTORS } from './actors.js'
import { AUTHENTICATION } from './authentication.js'
import { BROKER_PATTERNS } from './broker-patterns.js'
import { CRASHES } from './crashes.js'
import { DISK_BUFFER } from './disk-buffer.js'
import { EMBEDDED } from './embedded.js'
import { JQ } from './jq.js'
import { MAILBOX } from './mailbox.js'
import { MQTT_PUBLISH } from './mqtt-publish.js'
import { MQTT_SUBSCRIBE } from './mqtt-subscribe.js'
import { ROUTES } from './routes.js'
import { RPC } from './rpc.js'
import type { Scenario } from './scenario.js'

/** Every scenario, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  ...MQTT_PUBLISH,
  ...MQTT_SUBSCRIBE,
  ...BROKER_PATTERNS,
  ...RPC,
  ...AUTHENTICATION,
  ...ROUTES,
  ...ACTORS,
  ...CRASHES,
  ...MAILBOX,
  ...DISK_BUFFER,
  ...JQ,
  ...EMBEDDED,
]
