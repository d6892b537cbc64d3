# Everything that differs between this machine and production.

variable "api_url" {
  description = "The backend. The default is the local server of local.hcl."
  default     = "http://127.0.0.1:18871"
}

variable "mqtt_host" {
  description = "The broker. The default is the embedded broker of local.hcl."
  default     = "127.0.0.1"
}

variable "server_port" {
  description = "Where Nemo is called."
  default     = 8080
}

variable "mqtt_port" {
  default = 18872
}

variable "redis_host" {
  default = "127.0.0.1"
}

variable "redis_port" {
  default = 6379
}

variable "tls" {
  description = "Whether the backend and the broker are reached with TLS. The local ones are not."
  default     = false
}

variable "tls_cert" {
  description = "The certificate of the server in server.hcl, and its key."
  default     = "certificates/server.crt"
}

variable "tls_key" {
  default = "certificates/server.key"
}

variable "poll_interval" {
  description = "How often the users are read."
  default     = "5m"
}
