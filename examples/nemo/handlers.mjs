// What the server in server.hcl serves. These functions run in threads of their own.

/** Returns the newest value of a `data` block: `{ "name": "user_data" }`. */
export function get_data({ name }, { gateway }) {
  return gateway.data(name)
}

/** Runs an action: `{ "name": "create_order", "params": { "article": "lamp" } }`. */
export function execute_action({ name, params }, { gateway }) {
  return gateway.action(name, params)
}
