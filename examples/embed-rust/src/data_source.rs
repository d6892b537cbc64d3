//! A data source as a desktop application has it: it feeds updates to a channel.

use crate::gateway::{Fault, Gateway};
use serde_json::{json, Value};
use std::sync::mpsc::{sync_channel, Receiver};
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// The state of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceStatus {
    Disconnected,
    Connecting,
    Connected,
    Error(String),
}

/// A new value of a source.
#[derive(Debug)]
pub struct DataUpdate {
    pub source_id: String,
    /// Milliseconds since the epoch.
    pub timestamp: u128,
    pub data: Value,
}

/// A subscription of a gateway as a source of updates.
pub struct GatewaySource {
    id: String,
    gateway: Arc<Gateway>,
    integration: String,
    subscription: Option<u64>,
}

impl GatewaySource {
    pub fn new(id: &str, gateway: Arc<Gateway>, integration: &str) -> GatewaySource {
        GatewaySource { id: id.into(), gateway, integration: integration.into(), subscription: None }
    }

    /// Subscribes to a topic, and feeds its messages to the channel that is returned. A slow reader of the channel
    /// holds the broker back: credit is given for messages that were taken.
    pub fn start(&mut self, topic: &str, credit: usize) -> Result<Receiver<DataUpdate>, Fault> {
        let (number, messages) = self.gateway.subscribe(&self.integration, topic, credit)?;
        self.subscription = Some(number);
        let (sender, updates) = sync_channel(credit);
        let (gateway, id) = (Arc::clone(&self.gateway), self.id.clone());
        thread::spawn(move || {
            for mut message in messages {
                let update = DataUpdate { source_id: id.clone(), timestamp: now(), data: message["value"].take() };
                if sender.send(update).is_err() {
                    return;
                }
                let _ = gateway.notify("credit", json!({ "subscription": number, "messages": 1 }));
            }
        });
        Ok(updates)
    }

    pub fn stop(&mut self) -> Result<(), Fault> {
        match self.subscription.take() {
            Some(number) => self.gateway.unsubscribe(number),
            None => Ok(()),
        }
    }

    pub fn status(&self) -> SourceStatus {
        let status = match self.gateway.request("status", json!({ "integration": self.integration })) {
            Ok(status) => status,
            Err(fault) => return SourceStatus::Error(fault["message"].to_string()),
        };
        match status["state"].as_str() {
            Some("connected") => SourceStatus::Connected,
            Some("connecting" | "reconnecting") => SourceStatus::Connecting,
            Some("failed") => SourceStatus::Error(status["lastError"]["message"].to_string()),
            _ => SourceStatus::Disconnected,
        }
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis())
}
