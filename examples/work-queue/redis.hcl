# The queue in Redis: a stream, shared by the workers as a consumer group.
integration "work" {
  type = "redis"

  endpoint {
    address = env("REDIS", "redis://127.0.0.1:6379")
  }
}
