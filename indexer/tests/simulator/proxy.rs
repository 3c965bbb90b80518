//! The way to Postgres: each statement waits for its turn, and a connection can be cut before, within or after one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy::primitives::keccak256;
use anyhow::Result;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::turns::{Turns, Verdict};

/// Of a message of Postgres: a letter, and a length that counts itself.
const HEAD: usize = 5;
/// The session is ready for the next statement, or for the data of a COPY.
const ANSWERED: [u8; 2] = *b"ZG";

pub(crate) struct Proxy {
    /// The database, by way of the proxy.
    pub(crate) database: PgConnectOptions,
    open: Arc<AtomicUsize>,
    /// So many statements at the beginning of a session take no turn.
    swift: Arc<AtomicUsize>,
    turns: Turns,
}

impl Proxy {
    pub(crate) async fn start(database: &PgConnectOptions, turns: Turns) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let target = (database.get_host().to_owned(), database.get_port());
        let open = Arc::new(AtomicUsize::new(0));
        let swift = Arc::new(AtomicUsize::new(0));
        let shared = (open.clone(), swift.clone(), turns.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((client, _)) = listener.accept().await {
                number += 1;
                let (open, swift, turns) = shared.clone();
                open.fetch_add(1, Ordering::Relaxed);
                let swift = swift.load(Ordering::Relaxed);
                let target = target.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect((target.0.as_str(), target.1)).await {
                        Link::new(number, swift, turns.clone()).carry(client, server).await;
                    }
                    open.fetch_sub(1, Ordering::Relaxed);
                    turns.stir();
                });
            }
        });
        let database = database.clone().host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable);
        Ok(Self { database, open, swift, turns })
    }

    /// Sessions from here on do so many statements at once.
    pub(crate) fn hurry(&self, statements: usize) {
        self.swift.store(statements, Ordering::Relaxed);
    }

    /// Until Postgres has ended the sessions of whoever is gone, and whatever these had begun.
    pub(crate) async fn closed(&self) -> Result<()> {
        while self.open.load(Ordering::Relaxed) > 0 {
            self.turns.stirred().await?;
        }
        Ok(())
    }
}

/// A session.
struct Link {
    number: usize,
    /// So many statements more that take no turn.
    swift: usize,
    turns: Turns,
    has_begun: bool,
    /// A statement is under way.
    is_busy: bool,
    /// Its statements ask for a lock that another session may have.
    asks_for_lock: bool,
    /// The one under way waits for it, and the other session has to be let go on.
    is_locked_out: bool,
    has_lock: bool,
    /// The next answer is the connection's last.
    is_cut: bool,
    messages: Messages,
}

impl Link {
    fn new(number: usize, swift: usize, turns: Turns) -> Self {
        Self {
            number,
            swift,
            turns,
            has_begun: false,
            is_busy: false,
            asks_for_lock: false,
            is_locked_out: false,
            has_lock: false,
            is_cut: false,
            messages: Messages::default(),
        }
    }

    /// Until Postgres has ended the session; whoever asks is told of its end before.
    async fn carry(mut self, client: TcpStream, server: TcpStream) {
        let ((mut from_client, to_client), (mut from_server, to_server)) = (client.into_split(), server.into_split());
        let mut ways = Some((to_client, to_server));
        let (mut ours, mut theirs) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                biased;
                read = from_client.read(&mut ours), if ways.is_some() => {
                    let Some((_, to_server)) = &mut ways else { break };
                    let goes_on = match read {
                        Ok(length @ 1..) => self.send(&ours[..length], &mut from_client, to_server).await,
                        Ok(0) | Err(_) => false,
                    };
                    if !goes_on {
                        ways = None;
                    }
                }
                read = from_server.read(&mut theirs) => {
                    let Ok(length @ 1..) = read else { break };
                    let is_over = self.messages.have_answer(&theirs[..length]);
                    let is_lost = self.is_cut && is_over;
                    if let (Some((to_client, _)), false) = (&mut ways, self.is_cut) {
                        // Who is gone is noticed where it asks.
                        let _ = to_client.write_all(&theirs[..length]).await;
                    }
                    if is_lost {
                        ways = None;
                    }
                    if is_over {
                        self.end();
                    }
                }
            }
        }
        self.end();
        if self.has_lock {
            self.turns.pass_on();
        }
    }

    /// False where the connection is cut.
    async fn send(&mut self, chunk: &[u8], from_client: &mut OwnedReadHalf, to_server: &mut OwnedWriteHalf) -> bool {
        if !self.is_busy {
            let verdict = if self.swift > 0 {
                self.swift -= 1;
                Some(Verdict::Pass(0))
            } else {
                // The session of whoever is gone ends at once, as others may wait for what it locks.
                tokio::select! {
                    biased;
                    verdict = self.turns.wait(self.key(chunk)) => verdict,
                    () = gone(from_client) => None,
                }
            };
            match verdict {
                Some(Verdict::Pass(_)) => {}
                Some(Verdict::CutWithin) => {
                    let _ = to_server.write_all(&chunk[..chunk.len() / 2]).await;
                    return false;
                }
                // What Postgres says before a session begins has to be answered.
                Some(Verdict::CutAfter) if self.has_begun => self.is_cut = true,
                Some(Verdict::CutBefore | Verdict::CutAfter) | None => return false,
            }
            self.begin(chunk);
        }
        to_server.write_all(chunk).await.is_ok()
    }

    /// What is the same in each run of a seed.
    fn key(&self, chunk: &[u8]) -> String {
        let what = if self.has_begun { keccak256(&chunk[..chunk.len().min(64)]).to_string() } else { String::new() };
        format!("postgres {:04} {what}", self.number)
    }

    fn begin(&mut self, chunk: &[u8]) {
        let says = |text: &[u8]| chunk.windows(text.len()).any(|window| window == text);
        // The statement itself is told once, and asks when it is run.
        self.is_locked_out = self.asks_for_lock && !says(b"lock_timeout = 0");
        self.asks_for_lock = self.is_locked_out || says(b"select pg_advisory_lock(");
        self.has_lock |= says(b"_sqlx_migrations");
        self.is_busy = true;
        if self.is_locked_out { self.turns.lock_out() } else { self.turns.begin() }
    }

    fn end(&mut self) {
        self.has_begun = true;
        if !std::mem::take(&mut self.is_busy) {
            return;
        }
        if std::mem::take(&mut self.is_locked_out) { self.turns.let_in() } else { self.turns.end() }
    }
}

/// Who has sent a statement sends nothing more before its turn.
async fn gone(from_client: &mut OwnedReadHalf) {
    if matches!(from_client.peek(&mut [0]).await, Ok(1..)) {
        std::future::pending::<()>().await;
    }
}

/// Where messages begin in the bytes of Postgres.
#[derive(Default)]
struct Messages {
    head: Vec<u8>,
    /// Bytes of the message under way that are still to come.
    rest: usize,
}

impl Messages {
    /// Whether a statement's answer is whole with these bytes.
    fn have_answer(&mut self, mut bytes: &[u8]) -> bool {
        let mut is_answer = false;
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            (self.rest, bytes) = (self.rest - skipped, &bytes[skipped..]);
            let taken = (HEAD - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if let [letter, length @ ..] = self.head.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                is_answer |= ANSWERED.contains(letter);
                self.rest = usize::try_from(u32::from_be_bytes(length)).expect("it fits") - 4;
                self.head.clear();
            }
        }
        is_answer
    }
}
