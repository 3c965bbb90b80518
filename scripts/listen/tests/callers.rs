//! What callers do who do not want to be served, and what is left for those who do.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use listen::{Limits, serve_within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const SOON: Duration = Duration::from_millis(200);
/// Of a loaded machine, too.
const PATIENCE: Duration = Duration::from_secs(20);
const FOREVER: Duration = Duration::from_secs(3_600);

/// As if there were none.
const NONE: Limits =
    Limits { connections: 100, silence: FOREVER, head: FOREVER, body: FOREVER, unread: FOREVER, drain: FOREVER };

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> io::Result<Self> {
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/length", post(|body: String| async move { body.len().to_string() }))
            .route("/large", get(|| async { vec![7; 64 << 20] }))
            .route("/never", get(std::future::pending::<()>));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve_within(listener, router, limits, shutdown));
        Ok(Self { address, stop, task })
    }

    async fn say(&self, words: &str) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(words.as_bytes()).await?;
        Ok(stream)
    }
}

/// Everything that is answered until the connection ends.
async fn heard(mut stream: TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await??;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

const ASK: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn who_says_nothing_or_half_a_head_is_cut_off() -> io::Result<()> {
    let server = Server::start(Limits { silence: SOON, ..NONE }).await?;
    assert_eq!(heard(server.say("").await?).await?, "");
    let server = Server::start(Limits { head: SOON, ..NONE }).await?;
    // The first might become HTTP/2, the last is between two requests.
    assert_eq!(heard(server.say("PRI * HT").await?).await?, "");
    assert_eq!(heard(server.say("GET / HTTP/1.1\r\nhost").await?).await?, "");
    let kept = heard(server.say("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await?).await?;
    assert!(kept.starts_with("HTTP/1.1 200") && kept.ends_with("here"), "{kept}");
    Ok(())
}

#[tokio::test]
async fn who_sends_half_a_body_is_told_and_cut_off() -> io::Result<()> {
    let server = Server::start(Limits { body: SOON, ..NONE }).await?;
    let head = "POST /length HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 4\r\n\r\n";
    assert!(heard(server.say(&format!("{head}word")).await?).await?.ends_with("\r\n\r\n4"));
    let half = heard(server.say(&format!("{head}wo")).await?).await?;
    assert!(half.starts_with("HTTP/1.1 4"), "{half}");
    Ok(())
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_waits_and_is_served() -> io::Result<()> {
    let server = Server::start(Limits { connections: 2, ..NONE }).await?;
    let (first, second) = (server.say("").await?, server.say("GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await?);
    let mut third = server.say(ASK).await?;
    assert!(timeout(SOON, third.readable()).await.is_err(), "two are enough");
    drop(first);
    let mut answer = [0; 12];
    timeout(PATIENCE, third.read_exact(&mut answer)).await??;
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop(second);
    Ok(())
}

#[tokio::test]
async fn who_says_nothing_may_do_so_for_less_long_when_places_are_few() -> io::Result<()> {
    let server = Server::start(Limits { connections: 4, head: SOON, ..NONE }).await?;
    let patient = [server.say("").await?, server.say("").await?, server.say("").await?];
    assert_eq!(heard(server.say("").await?).await?, "", "the last place is not for silence");
    for mut stream in patient {
        stream.write_all(ASK.as_bytes()).await?;
        let answer = heard(stream).await?;
        assert!(answer.ends_with("here"), "{answer}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_does_not_read_its_answer_loses_its_place() -> io::Result<()> {
    let server = Server::start(Limits { connections: 1, unread: SOON, ..NONE }).await?;
    let unread = server.say("GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    assert!(heard(server.say(ASK).await?).await?.ends_with("here"));
    drop(unread);
    Ok(())
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way_but_not_for_ever() -> io::Result<()> {
    let server = Server::start(Limits { drain: SOON, ..NONE }).await?;
    let never = server.say("GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    // The server has read it: what is asked after it is answered.
    assert!(heard(server.say(ASK).await?).await?.ends_with("here"));
    let begun = server.say("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nwo").await?;
    assert!(heard(server.say(ASK).await?).await?.ends_with("here"));
    let Server { address, stop, task } = server;
    stop.send(()).expect("the server waits for it");
    let mut begun = begun;
    begun.write_all(b"rd").await?;
    assert!(heard(begun).await?.ends_with("\r\n\r\n4"), "it had begun");
    timeout(PATIENCE, task).await?.expect("it does not panic");
    assert_eq!(heard(never).await.unwrap_or_default(), "");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
    Ok(())
}
