# The side of the company: reads what the sites send.
integration "central" {
  type = "redis"

  endpoint {
    address = env("REDIS", "redis://127.0.0.1:6379")
  }
}
