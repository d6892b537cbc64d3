"""Drives nemo-gateway as a child process. Standard library only."""

import itertools
import json
import os
import queue
import subprocess
import threading


class GatewayError(Exception):
    """An error answer. `kind`, `retryable`, `maybeExecuted` and more are in `data`."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data", {})


class Gateway:
    """A gateway that runs while this object is open. All methods may be called from any thread."""

    def __init__(self, configuration, command=None):
        """Starts the gateway. The default command is that of the environment, else `npx nemo-gateway`."""
        command = command or os.environ.get("NEMO_GATEWAY", "npx nemo-gateway").split()
        self._child = subprocess.Popen(
            [*command, "run", configuration, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._ids = itertools.count(1)
        self._write = threading.Lock()
        self._answers = {}
        self._sources = {}
        self._handlers = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.about = self.request("initialize", protocol=1, client={"name": "embed-python"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the input: the gateway drains and exits."""
        self._child.stdin.close()
        return self._child.wait()

    def request(self, method, /, **params):
        """Sends a request and waits for its result. Raises GatewayError."""
        answer = queue.Queue(1)
        identifier = next(self._ids)
        self._answers[identifier] = answer
        self._send({"id": identifier, "method": method, "params": params})
        message = answer.get()
        if message is None:
            raise ConnectionError("the gateway has ended")
        if "error" in message:
            raise GatewayError(message["error"])
        return message["result"]

    def notify(self, method, /, **params):
        """Sends a request without an answer."""
        self._send({"method": method, "params": params})

    def subscribe(self, integration, topic, credit=1_000, **options):
        """Yields the messages of a subscription. At most `credit` messages wait in this process."""
        number = self.request("subscribe", integration=integration, topic=topic, credit=credit, **options)
        return self._messages("subscription", number["subscription"], credit)

    def watch(self, data, credit=1_000):
        """Yields the updates of a `data` block, beginning with the newest one."""
        number = self.request("watch", data=data, credit=credit)
        return self._messages("subscription", number["subscription"], credit)

    def consume(self, integration, name, **options):
        """Yields the deliveries of a queue. Settle each by `ack` or `nack`."""
        number = self.request("consume", integration=integration, queue=name, **options)
        return self._messages("consumer", number["consumer"], None)

    def serve(self, integration, **handlers):
        """Serves methods. Handlers run on the thread that reads, so they must not wait for the gateway."""
        self._handlers.update(handlers)
        self.request("serve", integration=integration, methods=list(handlers))

    def _messages(self, kind, number, credit):
        source = self._sources.setdefault((kind, number), queue.Queue())
        taken = 0
        while True:
            message = source.get()
            if message is None:
                return
            yield message
            taken += 1
            if credit is not None and taken * 2 >= credit:
                self.notify("credit", subscription=number, messages=taken)
                taken = 0

    def _send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        with self._write:
            self._child.stdin.write(line)
            self._child.stdin.flush()

    def _read(self):
        for line in self._child.stdout:
            message = json.loads(line)
            if "method" in message:
                self._received(message)
            elif message["id"] in self._answers:
                self._answers.pop(message["id"]).put(message)
        for waiting in [*self._answers.values(), *self._sources.values()]:
            waiting.put(None)

    def _received(self, message):
        method, params = message["method"], message["params"]
        if method == "handle":
            self._send({"id": message["id"], **self._handled(params)})
        elif method != "event":
            kind = "subscription" if "subscription" in params else "consumer"
            source = self._sources.setdefault((kind, params[kind]), queue.Queue())
            source.put(None if method == "ended" else params)

    def _handled(self, params):
        try:
            return {"result": self._handlers[params["method"]](params.get("params"))}
        except Exception as error:
            return {"error": {"code": -32603, "message": str(error)}}
