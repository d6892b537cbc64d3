# The functions that handle the methods below.
script "api_handlers" {
  path = "./handlers.mjs"
}

# Expose Nemo as RPC server. It refuses callers without a valid token.
server "nemo_api" {
  type = "json-rpc"

  listen {
    address = "0.0.0.0"
    port    = var.server_port
    tls     = true
    cert    = var.tls_cert
    key     = var.tls_key
  }

  # Methods exposed
  method "data.get" {
    handler = "script.api_handlers.get_data"
    auth    = required
  }

  method "action.execute" {
    handler = "script.api_handlers.execute_action"
    auth    = required
  }

  auth {
    type   = "jwt"
    secret = env("JWT_SECRET", "a secret of at least 32 characters")
  }
}
