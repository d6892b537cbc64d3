variable "data" {
  description = "The folder of the buffer."
  default     = "./data"
}

variable "mqtt_port" {
  description = "Where the embedded broker listens for the sensors."
  default     = 18870
}

# The broker of the site, in a thread of the gateway.
broker "site" {
  type = "mqtt"

  listen {
    address = "127.0.0.1"
    port    = var.mqtt_port
  }
}

integration "site" {
  type   = "mqtt"
  format = "json"

  endpoint {
    address = "127.0.0.1"
    port    = var.mqtt_port
  }

  config {
    protocol_version = "3.1.1" # what the embedded broker speaks; "auto" would find out
  }
}

# The broker of the company, which is away from time to time.
integration "central" {
  type = "redis"

  endpoint {
    address = env("REDIS", "redis://127.0.0.1:6379")
  }

  reconnect {
    delay     = "100ms"
    max_delay = "1s"
  }
}

route "readings" {
  from {
    integration = integration.site
    topic       = "sensors/+/temperature"
    qos         = 1
  }

  to {
    integration = integration.central
    queue       = "readings"
  }

  # Only what the company wants to know, with the name of the room.
  transform {
    type  = "jq"
    query = "{room: (.topic | split(\"/\")[1]), n: .payload.n, celsius: .payload.celsius, at: .timestamp}"
  }

  # A broken sensor reports 999 degrees.
  transform {
    type = "filter"
    expr = ".celsius > -50 and .celsius < 80"
  }

  # While the central broker is away, readings wait on the disk.
  buffer {
    type      = "disk"
    path      = "${var.data}/readings"
    max_bytes = "100MB"
    when_full = "drop-oldest"
  }
}
