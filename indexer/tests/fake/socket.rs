//! A node's web socket: it answers requests in any order, and tells whoever asked for it of new heads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use axum::extract::ws::{Message, WebSocket};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What happens to an open socket.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Head(Value),
    Cut,
}

/// Everybody with an open socket to a node.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    sockets: Mutex<Vec<UnboundedSender<News>>>,
    /// So many are told of heads.
    told: AtomicUsize,
}

impl Audience {
    fn sockets(&self) -> MutexGuard<'_, Vec<UnboundedSender<News>>> {
        self.sockets.lock().expect("nobody panics with it")
    }

    pub(crate) fn join(&self) -> UnboundedReceiver<News> {
        let (sender, receiver) = unbounded_channel();
        self.sockets().push(sender);
        receiver
    }

    /// Answers how many sockets are open.
    pub(crate) fn hear(&self, news: &News) -> usize {
        let mut sockets = self.sockets();
        sockets.retain(|socket| socket.send(news.clone()).is_ok());
        sockets.len()
    }

    pub(crate) fn told(&self) -> usize {
        self.told.load(Ordering::Relaxed)
    }
}

/// Until either side ends it; `answer` ends it by having none.
pub(crate) async fn serve<F: Future<Output = Option<Value>>>(
    mut socket: WebSocket,
    audience: &Audience,
    answer: impl Fn(Value) -> F,
) {
    let mut news = audience.join();
    let mut answers = FuturesUnordered::new();
    let mut is_told = false;
    loop {
        let message = tokio::select! {
            biased;
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                let Ok(text) = message.to_text() else { break };
                let Ok(request) = serde_json::from_str::<Value>(text) else { continue };
                let is_wish = request["method"] == "eth_subscribe";
                let answer = answer(request);
                answers.push(async move { (is_wish, answer.await) });
                continue;
            }
            news = news.recv() => match news {
                Some(News::Head(head)) if is_told => {
                    let told = json!({ "subscription": "0x1", "result": head });
                    json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": told })
                }
                Some(News::Head(_)) => continue,
                Some(News::Cut) | None => break,
            },
            Some((is_wish, reply)) = answers.next() => {
                let Some(reply) = reply else { break };
                if is_wish && reply["error"].is_null() && !std::mem::replace(&mut is_told, true) {
                    audience.told.fetch_add(1, Ordering::Relaxed);
                }
                reply
            }
        };
        if socket.send(Message::text(message.to_string())).await.is_err() {
            break;
        }
    }
    if is_told {
        audience.told.fetch_sub(1, Ordering::Relaxed);
    }
}
