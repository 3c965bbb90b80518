//! Spans, to a collector of OpenTelemetry, where `OTEL_EXPORTER_OTLP_ENDPOINT` names one: OTLP over HTTP, as JSON.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, debug};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Spans that wait for the collector; what comes beyond them is dropped.
const WAITING_MAX: usize = 4_096;
const BATCH_MAX: usize = 256;
const BATCH_EACH: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
enum Message {
    Span(Value),
    Flush(oneshot::Sender<()>),
}

/// Hands spans to the task that sends them.
#[derive(Debug)]
pub struct Traces(mpsc::Sender<Message>);

/// Sends what is left, if the collector takes it in time.
#[derive(Clone, Debug)]
pub struct Exporter(mpsc::Sender<Message>);

impl Exporter {
    pub async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        let flush = async {
            if self.0.send(Message::Flush(done)).await.is_ok() {
                // An exporter that has ended has nothing left.
                let _ = is_done.await;
            }
        };
        if tokio::time::timeout(TIMEOUT, flush).await.is_err() {
            debug!("the collector is too slow for the last spans");
        }
    }
}

/// To the collector at this address, as `http://127.0.0.1:4318`.
pub fn to(endpoint: &str) -> anyhow::Result<(Traces, Exporter)> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
    let (sender, spans) = mpsc::channel(WAITING_MAX);
    tokio::spawn(export(client, url, spans));
    Ok((Traces(sender.clone()), Exporter(sender)))
}

async fn export(client: reqwest::Client, url: String, mut messages: mpsc::Receiver<Message>) {
    let (mut spans, mut flushed) = (Vec::new(), Vec::new());
    let mut due = tokio::time::interval(BATCH_EACH);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_due = tokio::select! {
            message = messages.recv() => {
                match message {
                    Some(Message::Span(span)) => spans.push(span),
                    Some(Message::Flush(done)) => flushed.push(done),
                    None => return,
                }
                spans.len() >= BATCH_MAX || !flushed.is_empty()
            }
            _ = due.tick() => !spans.is_empty(),
        };
        if is_due {
            let sent = client.post(&url).json(&request(std::mem::take(&mut spans))).send().await;
            if let Err(error) = sent.and_then(reqwest::Response::error_for_status) {
                debug!("the collector does not take spans: {}", error.without_url());
            }
            for done in flushed.drain(..) {
                // Whoever waited may be gone.
                let _ = done.send(());
            }
        }
    }
}

fn request(spans: Vec<Value>) -> Value {
    let name = json!([{ "key": "service.name", "value": { "stringValue": "surety-indexer" } }]);
    let scope = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    let spans = json!([{ "scope": scope, "spans": spans }]);
    json!({ "resourceSpans": [{ "resource": { "attributes": name }, "scopeSpans": spans }] })
}

/// A span that has not ended.
struct Open {
    trace: String,
    id: String,
    parent: Option<String>,
    begin: u128,
    attributes: Attributed,
}

#[derive(Default)]
struct Attributed(Vec<Value>);

impl Attributed {
    fn add(&mut self, field: &Field, value: &Value) {
        self.0.push(json!({ "key": field.name(), "value": value }));
    }
}

impl Visit for Attributed {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &json!({ "intValue": value.to_string() }));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &json!({ "stringValue": format!("{value:?}") }));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let above = span.parent().and_then(|parent| {
            parent.extensions().get::<Open>().map(|open| (open.trace.clone(), Some(open.id.clone())))
        });
        let (trace, parent) = above.unwrap_or_else(|| (format!("{:016x}{:016x}", random(), random()), None));
        let mut open =
            Open { trace, id: format!("{:016x}", random()), parent, begin: now(), attributes: Attributed::default() };
        attributes.record(&mut open.attributes);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.attributes);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Open { trace, id, parent, begin, attributes }) = span.extensions_mut().remove() else { return };
        let span = json!({
            "traceId": trace, "spanId": id, "parentSpanId": parent.unwrap_or_default(), "name": span.name(), "kind": 1,
            "startTimeUnixNano": begin.to_string(), "endTimeUnixNano": now().to_string(), "attributes": attributes.0,
        });
        // Indexing never waits for a collector.
        let _ = self.0.try_send(Message::Span(span));
    }
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use anyhow::{Context as _, Result};
    use axum::{Json, Router, routing::post};
    use tracing_subscriber::prelude::*;

    use super::*;

    #[tokio::test]
    async fn a_collector_gets_spans_with_their_parents_and_fields() -> Result<()> {
        let received: Arc<Mutex<Vec<Value>>> = Arc::default();
        let keep = received.clone();
        let take = move |Json(body): Json<Value>| async move {
            keep.lock().expect("nobody panics with it").push(body);
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}/", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });

        let (traces, exporter) = to(&endpoint)?;
        tracing::subscriber::with_default(tracing_subscriber::registry().with(traces), || {
            let block = tracing::info_span!("apply", block = 7_u64, facts = tracing::field::Empty);
            block.in_scope(|| drop(tracing::info_span!("derive")));
            block.record("facts", 3_u64);
        });
        exporter.flush().await;

        let bodies = received.lock().expect("nobody panics with it").clone();
        let body = bodies.first().context("nothing came")?;
        let resource = &body["resourceSpans"][0];
        assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "surety-indexer");
        let spans = resource["scopeSpans"][0]["spans"].as_array().context("spans are a list")?;
        let [derive, apply] = spans.as_slice() else { anyhow::bail!("{} spans came", spans.len()) };
        assert_eq!((&derive["name"], &apply["name"]), (&json!("derive"), &json!("apply")));
        assert_eq!((&derive["parentSpanId"], &derive["traceId"]), (&apply["spanId"], &apply["traceId"]));
        assert_eq!(apply["parentSpanId"], "");
        let fact = |key, value: &str| json!({ "key": key, "value": { "intValue": value } });
        assert_eq!(apply["attributes"], json!([fact("block", "7"), fact("facts", "3")]));
        let time = |key: &str| apply[key].as_str().and_then(|time| time.parse::<u128>().ok());
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano") && time("startTimeUnixNano").is_some());
        Ok(())
    }

    /// A span every 0.2 seconds leaves no second of silence.
    #[tokio::test]
    async fn a_steady_trickle_of_spans_is_sent_all_the_same() -> Result<()> {
        let (came, mut comes) = mpsc::unbounded_channel();
        let take = move |Json(body): Json<Value>| async move {
            let _ = came.send(body);
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
        let (traces, _exporter) = to(&endpoint)?;
        let trickle = async {
            for number in 0..20 {
                traces.0.send(Message::Span(json!({ "name": number.to_string() }))).await?;
                tokio::time::sleep(BATCH_EACH / 5).await;
            }
            Ok(())
        };
        tokio::select! {
            body = comes.recv() => body.map(|_| ()).context("nothing came"),
            ended = trickle => ended.and_then(|()| anyhow::bail!("nothing came in four seconds")),
        }
    }

    #[tokio::test]
    async fn a_flush_ends_although_the_collector_hangs() -> Result<()> {
        // It listens, and never answers.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let (traces, exporter) = to(&format!("http://{}", listener.local_addr()?))?;
        for _ in 0..2 * BATCH_MAX {
            traces.0.send(Message::Span(json!({}))).await?;
        }
        tokio::time::timeout(TIMEOUT + BATCH_EACH, exporter.flush()).await.context("it goes on waiting")
    }
}
