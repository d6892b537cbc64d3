# What the API serves.
server "api" {
  type = "json-rpc"

  listen {
    port = env("API_PORT", 18850)
  }
}

# What it calls. While a service is away, its callers get an error at once instead of waiting for the deadline.
integration "inventory" {
  type = "grpc"

  endpoint {
    address = "127.0.0.1"
    port    = env("INVENTORY_PORT", 18851)
  }

  config {
    proto   = "inventory.proto"
    service = "shop.Inventory"
  }

  reconnect {
    offline   = "fail"
    delay     = "100ms"
    max_delay = "1s"
  }

  circuit_breaker {
    timeout = "1s"
  }
}

integration "pricing" {
  type = "json-rpc"

  endpoint {
    address = "127.0.0.1"
    port    = env("PRICING_PORT", 18852)
  }

  reconnect {
    offline   = "fail"
    delay     = "100ms"
    max_delay = "1s"
  }

  circuit_breaker {
    timeout = "1s"
  }
}
