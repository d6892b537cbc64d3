# RPC as data source
data "rpc" "user_data" {
  integration = integration.backend
  method      = "users.list"
  params      = { status = "active" }
  interval    = var.poll_interval
}

# PubSub subscription as data source
data "subscription" "price_updates" {
  integration = integration.events
  topic       = "prices/#"

  transform {
    type  = "jq"
    query = ".payload"
  }
}

# Action that uses RPC
action "create_order" {
  type = "rpc"

  config {
    integration = integration.backend
    method      = "orders.create"
    params      = { /* from trigger */ }
  }
}

# Action that publishes event
action "notify_created" {
  type = "publish"

  config {
    integration = integration.events
    topic       = "orders/created"
    message     = { order_id = "${trigger.result.id}" }
  }
}

# Each order that was created is announced.
on "action.create_order.succeeded" {
  action = action.notify_created
}
