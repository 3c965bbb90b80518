//! Statements over HTTP: how a prober shows its own, and how it gathers those of others.
//!
//! `GET {endpoint}/v1/statements?deal=&slot=` answers a list of what the prober saw lately.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Arc, PoisonError, RwLock};

use alloy::primitives::Address;
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt as _};
use serde::Deserialize;

use super::statement::{Statement, Target};
use crate::ids::DealId;
use crate::signing::Domain;
use crate::workload::Client;

/// Statements about one slot that are kept: of a prober's first sight of an outage, of its last, and of when it was up.
const KEPT: usize = 3;

/// Longest list that is read of another.
const ANSWER_BYTES: usize = 16_384;

/// Slots that are remembered because somebody asked about them.
const ASKED: usize = 1_024;

/// Probers that are asked at a time.
const AT_ONCE: usize = 16;

/// What one prober saw of one serving.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sight {
    /// First of the misses that run.
    first_down: Option<Statement>,
    last_down: Option<Statement>,
    last_up: Option<Statement>,
}

impl Sight {
    fn note(&mut self, statement: Statement, time: u64) {
        if statement.is_up {
            self.last_up = Some(statement);
            self.first_down = None;
            self.last_down = None;
            return;
        }
        let is_running = self.first_down.as_ref().is_some_and(|first| first.is_fresh(time, 0));
        if !is_running {
            self.first_down = self.last_down.take().filter(|last| last.is_fresh(time, 0)).or(Some(statement.clone()));
        }
        self.last_down = Some(statement);
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.first_down.iter().chain(&self.last_down).chain(&self.last_up)
    }
}

/// What this prober said, shared by the server and who fills it.
#[derive(Debug, Clone, Default)]
pub struct Board {
    sights: Arc<RwLock<BTreeMap<Target, Sight>>>,
    /// Slots that somebody asked about, who may have missed an answer there.
    asked: Arc<RwLock<BTreeSet<(DealId, u8)>>>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    deal: u64,
    slot: u8,
}

impl Board {
    pub fn note(&self, statement: Statement, time: u64) {
        let mut sights = self.sights.write().unwrap_or_else(PoisonError::into_inner);
        sights.entry(statement.target).or_default().note(statement, time);
    }

    /// Forgets what is too old to count.
    pub fn forget(&self, time: u64) {
        let mut sights = self.sights.write().unwrap_or_else(PoisonError::into_inner);
        sights.retain(|_, sight| sight.statements().any(|statement| statement.is_fresh(time, 0)));
    }

    pub fn of(&self, deal: DealId, slot: u8) -> Vec<Statement> {
        let sights = self.sights.read().unwrap_or_else(PoisonError::into_inner);
        let of_slot = sights.iter().filter(|(target, _)| (target.deal, target.slot) == (deal, slot));
        let mut statements: Vec<Statement> = of_slot.flat_map(|(_, sight)| sight.statements().cloned()).collect();
        statements.dedup();
        statements
    }

    /// What was asked about since the last time.
    pub fn take_asked(&self) -> BTreeSet<(DealId, u8)> {
        mem::take(&mut *self.asked.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(&self, deal: DealId, slot: u8) {
        let mut asked = self.asked.write().unwrap_or_else(PoisonError::into_inner);
        if asked.len() < ASKED {
            asked.insert((deal, slot));
        }
    }

    pub fn router(&self) -> Router {
        Router::new().route("/v1/statements", get(show)).with_state(self.clone())
    }
}

async fn show(State(board): State<Board>, Query(asked): Query<Asked>) -> Json<Vec<Statement>> {
    board.ask(DealId(asked.deal), asked.slot);
    Json(board.of(DealId(asked.deal), asked.slot))
}

/// What each of these probers says of a serving, as soon as it answers: signed by itself, and about this serving.
pub fn gather<'a>(
    client: &'a Client,
    domain: Domain,
    target: Target,
    endpoints: &'a BTreeMap<Address, String>,
) -> impl Stream<Item = Vec<Statement>> + Send + 'a {
    let mut asked: Vec<BoxFuture<'a, Vec<Statement>>> = Vec::new();
    for (prober, endpoint) in endpoints {
        asked.push(Box::pin(ask(client, domain, target, *prober, endpoint)));
    }
    stream::iter(asked).buffer_unordered(AT_ONCE)
}

async fn ask(client: &Client, domain: Domain, target: Target, prober: Address, endpoint: &str) -> Vec<Statement> {
    let base = endpoint.trim_end_matches('/');
    let url = format!("{base}/v1/statements?deal={}&slot={}", target.deal, target.slot);
    let said: Result<Vec<Statement>, String> = client.json(&url, ANSWER_BYTES).await;
    // Who is silent says nothing; a quorum does without it.
    let said = said.unwrap_or_default().into_iter().take(4 * KEPT);
    said.filter(|word| word.prober == prober && word.target == target && word.is_signed(domain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;
    use alloy::signers::local::PrivateKeySigner;
    use std::time::Duration;
    use tokio::net::TcpListener;

    const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
    const TARGET: Target = Target { deal: DealId(7), slot: 1, serving: 3 };

    fn said(key: &PrivateKeySigner, is_up: bool, at: u64) -> Statement {
        Statement::sign(DOMAIN, key, TARGET, is_up, at).expect("a key signs")
    }

    #[test]
    fn the_first_miss_of_an_outage_is_kept_until_it_is_too_old() {
        let (key, board) = (PrivateKeySigner::random(), Board::default());
        let times = |board: &Board| board.of(DealId(7), 1).iter().map(|word| (word.is_up, word.at)).collect::<Vec<_>>();
        for at in [1_000, 1_060, 1_120] {
            board.note(said(&key, false, at), at);
        }
        assert_eq!(times(&board), [(false, 1_000), (false, 1_120)]);
        board.note(said(&key, false, 1_950), 1_950);
        assert_eq!(times(&board), [(false, 1_120), (false, 1_950)], "the oldest one that still counts");
        board.note(said(&key, true, 1_960), 1_960);
        assert_eq!(times(&board), [(true, 1_960)]);
        board.forget(3_000);
        assert!(times(&board).is_empty());
    }

    #[tokio::test]
    async fn words_of_others_are_checked() {
        let (key, liar) = (PrivateKeySigner::random(), PrivateKeySigner::random());
        let (board, lies) = (Board::default(), Board::default());
        board.note(said(&key, false, 1_000), 1_000);
        // In the name of another, and about another serving.
        lies.note(Statement { prober: key.address(), ..said(&liar, false, 1_000) }, 1_000);
        let other = Target { serving: 4, ..TARGET };
        lies.note(Statement::sign(DOMAIN, &liar, other, false, 1_000).expect("a key signs"), 1_000);
        let mut endpoints = BTreeMap::from([(Address::repeat_byte(1), "http://127.0.0.1:1".to_owned())]);
        for (prober, board) in [(key.address(), &board), (liar.address(), &lies)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            endpoints.insert(prober, format!("http://{}", listener.local_addr().expect("it listens")));
            let router = board.router();
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        let client = Client::new(Duration::from_secs(5)).expect("a client is made");
        let gathered = gather(&client, DOMAIN, TARGET, &endpoints).collect::<Vec<_>>().await.concat();
        assert_eq!(gathered.iter().map(|word| word.prober).collect::<Vec<_>>(), [key.address()]);
        assert!(gathered.iter().all(|word| word.at == 1_000 && !word.is_up));
        assert_eq!(board.take_asked(), BTreeSet::from([(DealId(7), 1)]));
        assert!(board.take_asked().is_empty());
    }
}
