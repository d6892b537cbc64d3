# The services behind the API. They share a process here because the example is small.
server "inventory" {
  type = "grpc"

  listen {
    port = env("INVENTORY_PORT", 18851)
  }

  config {
    proto = "inventory.proto"
  }
}

server "pricing" {
  type = "json-rpc"

  listen {
    port = env("PRICING_PORT", 18852)
  }
}
