variable "port" {
  description = "Where the API listens."
  default     = 18860
}

variable "keys" {
  description = "The folder with the public key, which token.mjs makes."
  default     = "."
}

script "api" {
  path    = "./handlers.mjs"
  timeout = "5s"
}

server "api" {
  type = "json-rpc"

  listen {
    address = "127.0.0.1"
    port    = var.port
  }

  auth {
    type       = "jwt"
    public_key = "${var.keys}/public.pem"
    issuer     = "api-jwt example"
    audience   = "orders-api"
  }

  method "products" {
    handler = script.api.products
    auth    = none
  }

  method "order" {
    handler = script.api.order
    scope   = "orders.write"
  }

  method "orders" {
    handler = script.api.orders
    scope   = "orders.read"
  }
}

# Where orders go. In place of it, a broker: see docs/protocols.md.
integration "work" {
  type = "memory"
}

# The newest hundred orders, each as the function `line` writes it.
data "queue" "orders" {
  integration = integration.work
  queue       = "orders"
  update      = "append"
  limit       = 100

  transform {
    type     = "script"
    function = script.api.line
  }
}
