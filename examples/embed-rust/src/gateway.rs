//! Drives nemo-gateway as a child process: std and serde_json only.

use serde_json::{json, Value};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;

/// What an error answer contains: `code`, `message` and `data` with `kind`, `retryable` and more.
pub type Fault = Value;

/// A request without an answer.
struct Waiting {
    answer: SyncSender<Result<Value, Fault>>,
    /// Takes the messages of the subscription or consumer that the request opens.
    source: Option<SyncSender<Value>>,
}

type Handler = Box<dyn Fn(&Value) -> Value + Send>;

/// State that is shared with the thread that reads.
#[derive(Default)]
struct Shared {
    waiting: HashMap<u64, Waiting>,
    sources: HashMap<u64, SyncSender<Value>>,
    handlers: HashMap<String, Handler>,
}

/// A gateway that runs as a child process. May be used by several threads.
pub struct Gateway {
    child: Mutex<Child>,
    input: Arc<Mutex<Option<ChildStdin>>>,
    shared: Arc<Mutex<Shared>>,
    last_id: AtomicU64,
}

impl Gateway {
    /// Starts a gateway with a configuration, and begins the session.
    pub fn start(command: &[String], configuration: &str) -> io::Result<Gateway> {
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .args(["run", configuration, "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = Arc::new(Mutex::new(child.stdin.take()));
        let output = child.stdout.take().expect("stdout is a pipe");
        let shared = Arc::new(Mutex::new(Shared::default()));
        let reader = (Arc::clone(&input), Arc::clone(&shared));
        thread::spawn(move || read(output, &reader.0, &reader.1));
        let gateway = Gateway { child: Mutex::new(child), input, shared, last_id: AtomicU64::new(0) };
        gateway
            .request("initialize", json!({ "protocol": 1, "client": { "name": "embed-rust" } }))
            .map_err(|fault| io::Error::new(io::ErrorKind::Other, fault.to_string()))?;
        Ok(gateway)
    }

    /// Sends a request and waits for its result.
    pub fn request(&self, method: &str, params: Value) -> Result<Value, Fault> {
        self.ask(method, params, None)
    }

    fn ask(&self, method: &str, params: Value, source: Option<SyncSender<Value>>) -> Result<Value, Fault> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let (answer, receiver) = sync_channel(1);
        self.shared.lock().unwrap().waiting.insert(id, Waiting { answer, source });
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        send(&self.input, &message).map_err(|error| json!({ "message": error.to_string() }))?;
        receiver.recv().unwrap_or_else(|_| Err(json!({ "message": "the gateway has ended" })))
    }

    /// Sends a request without an answer.
    pub fn notify(&self, method: &str, params: Value) -> io::Result<()> {
        send(&self.input, &json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    /// Opens a subscription. The channel takes as many messages as the gateway has credit for, so the thread that
    /// reads never waits.
    pub fn subscribe(&self, integration: &str, topic: &str, credit: usize) -> Result<(u64, Receiver<Value>), Fault> {
        let params = json!({ "integration": integration, "topic": topic, "credit": credit });
        self.open("subscribe", params, "subscription", credit)
    }

    /// Ends a subscription and its channel.
    pub fn unsubscribe(&self, number: u64) -> Result<(), Fault> {
        self.request("unsubscribe", json!({ "subscription": number }))?;
        self.shared.lock().unwrap().sources.remove(&number);
        Ok(())
    }

    /// Opens a consumer. Settle each delivery by the requests `ack` or `nack`.
    pub fn consume(&self, integration: &str, queue: &str, concurrency: usize) -> Result<(u64, Receiver<Value>), Fault> {
        let params = json!({ "integration": integration, "queue": queue, "concurrency": concurrency });
        self.open("consume", params, "consumer", concurrency)
    }

    fn open(&self, method: &str, params: Value, kind: &str, most: usize) -> Result<(u64, Receiver<Value>), Fault> {
        // Twice the credit, because messages arrive while credit for taken ones is given.
        let (sender, receiver) = sync_channel(2 * most + 1);
        let result = self.ask(method, params, Some(sender))?;
        Ok((result[kind].as_u64().expect("a number"), receiver))
    }

    /// Serves a method. The handler runs on the thread that reads, so it must not wait for the gateway.
    pub fn serve<F>(&self, integration: &str, method: &str, handler: F) -> Result<Value, Fault>
    where
        F: Fn(&Value) -> Value + Send + 'static,
    {
        self.shared.lock().unwrap().handlers.insert(method.to_string(), Box::new(handler));
        self.request("serve", json!({ "integration": integration, "methods": [method] }))
    }

    /// Ends the input: the gateway drains and exits.
    pub fn close(&self) -> io::Result<ExitStatus> {
        self.input.lock().unwrap().take();
        self.child.lock().unwrap().wait()
    }
}

fn send(input: &Mutex<Option<ChildStdin>>, message: &Value) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    match input.lock().unwrap().as_mut() {
        Some(input) => input.write_all(&line),
        None => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the gateway is closed")),
    }
}

/// Reads until the gateway ends.
fn read(output: ChildStdout, input: &Mutex<Option<ChildStdin>>, shared: &Mutex<Shared>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Ok(message) = serde_json::from_str::<Value>(&line) {
            take(message, input, shared);
        }
    }
    let mut shared = shared.lock().unwrap();
    shared.waiting.clear();
    shared.sources.clear();
}

fn take(mut message: Value, input: &Mutex<Option<ChildStdin>>, shared: &Mutex<Shared>) {
    let params = message["params"].take();
    let number = params["subscription"].as_u64().or(params["consumer"].as_u64());
    match (message["method"].as_str(), number) {
        (Some("handle"), _) => {
            let result = {
                let shared = shared.lock().unwrap();
                let handler = params["method"].as_str().and_then(|method| shared.handlers.get(method));
                handler.map_or(Value::Null, |handler| handler(&params["params"]))
            };
            let _ = send(input, &json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        (Some("ended"), Some(number)) => {
            shared.lock().unwrap().sources.remove(&number);
        }
        (Some(_), Some(number)) => {
            let source = shared.lock().unwrap().sources.get(&number).cloned();
            if let Some(source) = source {
                let _ = source.send(params);
            }
        }
        (Some(_), None) => {}
        (None, _) => {
            let mut shared = shared.lock().unwrap();
            let Some(waiting) = message["id"].as_u64().and_then(|id| shared.waiting.remove(&id)) else { return };
            let (error, result) = (message["error"].take(), message["result"].take());
            let opened = result["subscription"].as_u64().or(result["consumer"].as_u64());
            // Before the next line is read: it may be the first message.
            if let (Some(number), Some(source)) = (opened, waiting.source) {
                shared.sources.insert(number, source);
            }
            let _ = waiting.answer.send(if error.is_null() { Ok(result) } else { Err(error) });
        }
    }
}
