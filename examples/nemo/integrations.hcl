# RPC integration for backend API
integration "backend" {
  type = "json-rpc"

  endpoint {
    address = var.api_url
    tls     = var.tls
  }

  auth {
    type  = "bearer"
    token = env("API_TOKEN", "a-token")
  }

  retry {
    max_attempts = 3
    backoff      = "exponential"
    initial      = "100ms"
    max          = "10s"
  }

  circuit_breaker {
    failure_threshold = 5
    success_threshold = 2
    timeout           = "30s"
  }

  health_check {
    enabled  = true
    interval = "30s"
    method   = "health.check"
  }
}

# PubSub integration for real-time events
integration "events" {
  type = "mqtt"

  endpoint {
    address = var.mqtt_host
    port    = var.mqtt_port
    tls     = var.tls
  }

  config {
    client_id  = "nemo-${env("INSTANCE_ID", "1")}"
    keep_alive = "60s"
    qos        = 1
  }

  reconnect {
    enabled      = true
    max_attempts = -1 # Infinite
    delay        = "1s"
    max_delay    = "60s"
  }
}

# Message queue for task processing
integration "tasks" {
  type = "redis"

  endpoint {
    address = var.redis_host
    port    = var.redis_port
  }

  config {
    database       = 1
    consumer_group = "nemo-workers"
  }
}
