# An integration in the process; in place of it, any other: see docs/protocols.md.
integration "bus" {
  type = "memory"
}
