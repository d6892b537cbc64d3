# The same queue in NATS: a JetStream stream, shared by the workers as a durable pull consumer.
integration "work" {
  type = "nats"

  endpoint {
    address = env("NATS", "nats://127.0.0.1:4222")
  }
}
