# One integration for each kind of connection.

integration "backend_api" {
  type = "json-rpc"

  endpoint {
    address = var.api_url
    path    = "/rpc"
  }

  config {
    version = "2.0"
    timeout = "30s"
  }

  auth {
    type  = "bearer"
    token = env("API_TOKEN", "a-token")
  }
}

integration "iot_broker" {
  type = "mqtt"

  endpoint {
    address = var.mqtt_host
    port    = var.mqtt_port
    tls     = var.tls
  }

  config {
    client_id     = "nemo-iot-${env("INSTANCE_ID", "1")}"
    keep_alive    = "60s"
    clean_session = true
    qos           = 1
  }

  auth {
    type     = "basic"
    username = env("MQTT_USER", "nemo")
    password = env("MQTT_PASS", "a-password")
  }
}

integration "redis_events" {
  type = "redis"

  endpoint {
    address = var.redis_host
    port    = var.redis_port
  }

  config {
    database  = 0
    pool_size = 10

    # For Redis Streams (message queue pattern)
    consumer_group = "nemo-consumers"
  }
}
