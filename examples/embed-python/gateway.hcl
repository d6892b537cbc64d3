# An integration in the process; in place of it, any other: see docs/protocols.md.
integration "bus" {
  type = "memory"
}

data "queue" "reading" {
  integration = integration.bus
  queue       = "readings"

  transform {
    type  = "jq"
    query = ".payload"
  }
}

action "report" {
  type = "enqueue"

  config {
    integration = integration.bus
    queue       = "readings"
  }
}
