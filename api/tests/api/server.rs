//! A server of its own for each test, on its own database.

use std::time::Duration;

use api::Config;
use reqwest::Response;
use serde_json::Value;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An API on a port of its own. `stop` it: a database with connections cannot be dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    pub(crate) async fn start(db: &PgPool) -> Self {
        let config = Config { connections: 4, ..Config::new((*db.connect_options()).clone()) };
        Self::start_with(config).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(api::serve(listener, config, async {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { url, client, stop, task }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.expect("a reply")
    }

    /// The body of a reply that has to be a success.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        let status = reply.status();
        let text = reply.text().await.expect("a body");
        assert!(status.is_success(), "{path} answered {status}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Status and body, for snapshots.
    pub(crate) async fn shown(&self, path: &str) -> String {
        self.shown_but(path, &[]).await
    }

    /// As `shown`, without fields that change with every migration.
    pub(crate) async fn shown_but(&self, path: &str, fields: &[&str]) -> String {
        let reply = self.get(path).await;
        let status = reply.status();
        let mut body: Value = reply.json().await.expect("JSON");
        if let Some(body) = body.as_object_mut() {
            body.retain(|name, _| !fields.contains(&name.as_str()));
        }
        format!("{status}\n{}", serde_json::to_string_pretty(&body).expect("a value"))
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        self.stop.send(()).expect("the server runs");
        self.task.await.expect("no panic").expect("no error");
    }
}
