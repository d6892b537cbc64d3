import { mqttCompliance } from '../support/mqtt-compliance.js'

await mqttCompliance('MQTT 3.1.1', '3.1.1')
