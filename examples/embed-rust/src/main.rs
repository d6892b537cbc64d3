//! Publishes, subscribes, calls, consumes and acknowledges through a gateway.

mod data_source;
mod gateway;

use data_source::{GatewaySource, SourceStatus};
use gateway::{Fault, Gateway};
use serde_json::{json, Value};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let command = std::env::var("NEMO_GATEWAY").unwrap_or_else(|_| "npx nemo-gateway".into());
    let command: Vec<String> = command.split_whitespace().map(String::from).collect();
    let configuration = std::env::args().nth(1).unwrap_or_else(|| "gateway.hcl".into());
    let gateway = Arc::new(Gateway::start(&command, &configuration)?);
    run(&gateway).map_err(|fault| fault.to_string())?;
    println!("ended: {}", gateway.close()?);
    Ok(())
}

fn run(gateway: &Arc<Gateway>) -> Result<(), Fault> {
    let mut prices = GatewaySource::new("prices", Arc::clone(gateway), "bus");
    let updates = prices.start("prices/+", 100)?;
    for cents in 1..=1_000 {
        let price = json!({ "integration": "bus", "topic": "prices/eur", "value": { "cents": cents } });
        gateway.notify("publish", price).map_err(|error| json!({ "message": error.to_string() }))?;
    }
    let first = updates.recv().map_err(|error| json!({ "message": error.to_string() }))?;
    println!("first update of {}: {}, at {} ms", first.source_id, first.data, first.timestamp);
    let sum: i64 = updates.iter().take(999).filter_map(|update| update.data["cents"].as_i64()).sum();
    println!("sum of the others: {sum}");
    println!("connected: {}", prices.status() == SourceStatus::Connected);
    prices.stop()?;

    gateway.serve("bus", "add", |numbers| {
        let sum: i64 = numbers.as_array().map_or(0, |all| all.iter().filter_map(Value::as_i64).sum());
        json!(sum)
    })?;
    let add = json!({ "integration": "bus", "method": "add", "params": [2, 3], "timeout": "5s" });
    println!("call: {}", gateway.request("call", add)?);
    let unknown = json!({ "integration": "bus", "method": "subtract" });
    if let Err(fault) = gateway.request("call", unknown) {
        println!("error: {} retryable: {}", fault["data"]["kind"], fault["data"]["retryable"]);
    }

    gateway.request("send", json!({ "integration": "bus", "queue": "jobs", "value": { "n": 1 } }))?;
    let (_, jobs) = gateway.consume("bus", "jobs", 1)?;
    let job = jobs.recv().map_err(|error| json!({ "message": error.to_string() }))?;
    println!("job: {} attempt {}", job["value"], job["attempt"]);
    println!("acknowledged: {}", gateway.request("ack", json!({ "delivery": job["delivery"] }))?);
    Ok(())
}
