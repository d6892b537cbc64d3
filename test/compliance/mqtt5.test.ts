import { mqttCompliance } from '../support/mqtt-compliance.js'

await mqttCompliance('MQTT 5', 5)
