// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import type { ConfigObject } from '../../src/config/options.js'
import { EXAMPLES } from './support.js'

const token = '${env("API_TOKEN", "a-token")}'
const broker = {
  address: '${var.mqtt_host}',
  port: '${var.mqtt_port}' as unknown as number,
  tls: '${var.tls}' as unknown as boolean,
}
const redis = { address: '${var.redis_host}', port: '${var.redis_port}' as unknown as number }

/** The folder `examples/nemo` as an object. */
export const NEMO: ConfigObject = {
  variables: {
    api_url: { default: 'http://127.0.0.1:18871' },
    server_port: { default: 8_080 },
    mqtt_host: { default: '127.0.0.1' },
    mqtt_port: { default: 18_872 },
    redis_host: { default: '127.0.0.1' },
    redis_port: { default: 6_379 },
    tls: { default: false },
    tls_cert: { default: `${EXAMPLES}nemo/certificates/server.crt` },
    tls_key: { default: `${EXAMPLES}nemo/certificates/server.key` },
    poll_interval: { default: '5m' },
  },
  integrations: {
    backend: {
      type: 'json-rpc',
      endpoint: { address: '${var.api_url}', tls: '${var.tls}' as unknown as boolean },
      auth: { type: 'bearer', token },
      retry: { max_attempts: 3, backoff: 'exponential', initial: '100ms', max: '10s' },
      circuit_breaker: { failure_threshold: 5, success_threshold: 2, timeout: '30s' },
      health_check: { enabled: true, interval: '30s', method: 'health.check' },
    },
    events: {
      type: 'mqtt',
      endpoint: broker,
      config: { client_id: 'nemo-${env("INSTANCE_ID", "1")}', keep_alive: '60s', qos: 1 },
      reconnect: { enabled: true, max_attempts: -1, delay: '1s', max_delay: '60s' },
    },
    tasks: {
      type: 'redis',
      endpoint: redis,
      config: { database: 1, consumer_group: 'nemo-workers' },
    },
    backend_api: {
      type: 'json-rpc',
      endpoint: { address: '${var.api_url}', path: '/rpc' },
      config: { version: '2.0', timeout: '30s' },
      auth: { type: 'bearer', token },
    },
    iot_broker: {
      type: 'mqtt',
      endpoint: broker,
      config: {
        client_id: 'nemo-iot-${env("INSTANCE_ID", "1")}',
        keep_alive: '60s',
        clean_session: true,
        qos: 1,
      },
      auth: {
        type: 'basic',
        username: '${env("MQTT_USER", "nemo")}',
        password: '${env("MQTT_PASS", "a-password")}',
      },
    },
    redis_events: {
      type: 'redis',
      endpoint: redis,
      config: { database: 0, pool_size: 10, consumer_group: 'nemo-consumers' },
    },
  },
  data: {
    user_data: {
      type: 'rpc',
      integration: 'backend',
      method: 'users.list',
      params: { status: 'active' },
      interval: '${var.poll_interval}',
    },
    price_updates: {
      type: 'subscription',
      integration: 'events',
      topic: 'prices/#',
      transform: { type: 'jq', query: '.payload' },
    },
  },
  actions: {
    create_order: {
      type: 'rpc',
      config: { integration: 'backend', method: 'orders.create', params: {} },
    },
    notify_created: {
      type: 'publish',
      config: {
        integration: 'events',
        topic: 'orders/created',
        message: { order_id: '${trigger.result.id}' },
      },
    },
  },
  on: { 'action.create_order.succeeded': { action: 'notify_created' } },
  brokers: { local: { type: 'mqtt', listen: { port: '${var.mqtt_port}' as unknown as number } } },
  scripts: { api_handlers: { path: `${EXAMPLES}nemo/handlers.mjs` } },
  servers: {
    local_backend: {
      type: 'json-rpc',
      listen: { port: '${split(":", var.api_url)[2]}' as unknown as number },
    },
    nemo_api: {
      type: 'json-rpc',
      listen: {
        address: '0.0.0.0',
        port: '${var.server_port}' as unknown as number,
        tls: true,
        cert: '${var.tls_cert}',
        key: '${var.tls_key}',
      },
      method: {
        'data.get': { handler: 'script.api_handlers.get_data', auth: 'required' },
        'action.execute': { handler: 'script.api_handlers.execute_action', auth: 'required' },
      },
      auth: { type: 'jwt', secret: '${env("JWT_SECRET", "a secret of at least 32 characters")}' },
    },
  },
}
