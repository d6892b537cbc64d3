# The servers that the example talks to, in the same process. app.mjs has the methods of the backend.

broker "local" {
  type = "mqtt"

  listen {
    port = var.mqtt_port
  }
}

server "local_backend" {
  type = "json-rpc"

  listen {
    port = split(":", var.api_url)[2]
  }
}
