# The quickstart: everything in one process, nothing to install.
#
#   npm start                                  # builds, and runs this file with app.mjs
#   npx nemo-gateway check examples/quickstart # only looks at it

variable "mqtt_port" {
  description = "Where the embedded MQTT broker listens."
  default     = 18831
}

variable "rpc_port" {
  description = "Where the little JSON-RPC service listens."
  default     = 18832
}

# An MQTT broker in a thread of its own, for trying out and for devices on the edge.
broker "local" {
  type = "mqtt"

  listen {
    address = "127.0.0.1"
    port    = var.mqtt_port
  }
}

# Publish/subscribe: readings of two sensors, published and subscribed.
integration "events" {
  type   = "mqtt"
  format = "json"

  endpoint {
    address = "127.0.0.1"
    port    = var.mqtt_port
  }

  config {
    keep_alive       = "10s"
    qos              = 1
    protocol_version = "3.1.1" # what the embedded broker speaks; "auto" would find out
  }

  reconnect {
    delay     = "100ms"
    max_delay = "2s"
  }
}

# RPC: the service in service.mjs.
integration "backend" {
  type = "json-rpc"

  endpoint {
    address = "http://127.0.0.1:${var.rpc_port}"
    path    = "/rpc"
  }

  timeout = "2s"

  retry {
    max_attempts = 3
    backoff      = "exponential"
    initial      = "50ms"
    max          = "1s"
  }

  circuit_breaker {
    failure_threshold = 5
    success_threshold = 2
    timeout           = "3s"
  }
}

# Message queue: tasks that are acknowledged when they are done.
integration "tasks" {
  type = "memory"
}

# Crashes on purpose every few seconds. Its supervisor restarts it, what was in flight goes to its
# successor, and nobody else notices.
integration "flaky" {
  type   = "mqtt"
  format = "json"

  endpoint {
    address = "127.0.0.1"
    port    = var.mqtt_port
  }

  config {
    protocol_version = "3.1.1"
  }

  chaos {
    fault = "throw"
    every = "4s"
  }

  supervision {
    max_restarts = 100
    within       = "60s"
    backoff      = "50ms"
  }
}
