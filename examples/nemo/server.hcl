# Expose Nemo as RPC server. Server authentication and scripts are not implemented yet: the server is checked, and not
# started.
server "nemo_api" {
  type = "json-rpc"

  listen {
    address = "0.0.0.0"
    port    = 8080
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
