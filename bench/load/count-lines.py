"""Starts a gateway, subscribes, and counts the lines that come: argv is the command, which speaks on stdio.

Writes the count so far to stdout, fifty times a second. Ends with its input.
"""

import json
import os
import subprocess
import sys
import threading
import time

child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def send(number, method, **params):
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    child.stdin.write(json.dumps(message).encode() + b"\n")
    child.stdin.flush()


send(1, "initialize", protocol=1)
send(2, "subscribe", integration="events", topic="bench/#")
count = 0


def tell():
    while True:
        time.sleep(0.02)
        print(count, flush=True)


def end_with_input():
    sys.stdin.read()
    child.kill()
    os._exit(0)


threading.Thread(target=tell, daemon=True).start()
threading.Thread(target=end_with_input, daemon=True).start()
for line in child.stdout:
    count += 1
