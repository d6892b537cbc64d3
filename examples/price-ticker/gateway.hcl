# The connection to the exchange.
integration "exchange" {
  type   = "mqtt"
  format = "json"

  endpoint {
    address = env("BROKER", "mqtt://127.0.0.1:1883")
  }

  config {
    keep_alive = "2s" # finds a broker that is silent although the connection is open
  }

  # Often enough for a screen that somebody looks at.
  reconnect {
    delay     = "100ms"
    max_delay = "1s"
  }
}
