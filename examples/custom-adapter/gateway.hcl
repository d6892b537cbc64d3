# An integration whose protocol is a module beside this file.
integration "ticker" {
  type = "./line-adapter.mjs"

  endpoint {
    address = "127.0.0.1"
    port    = env("LINE_PORT", 18841)
  }

  config {
    greeting = "custom-adapter example"
  }

  reconnect {
    delay     = "100ms"
    max_delay = "2s"
  }
}
