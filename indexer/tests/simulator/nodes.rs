//! Nodes that show a tree of blocks: each hears late of what others know, and answers badly now and then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use axum::Router;
use axum::extract::{Json, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use indexer::Tip;
use serde_json::{Value, json};

use super::luck::Luck;
use super::tally::Tally;
use super::turns::{Turns, Verdict};
use crate::fake::socket::{Audience, News, serve};
use crate::fake::{Chain, FIRST_BLOCK};

/// Views of the chain that a node may still answer from.
const VIEWS: usize = 4;
/// Branches beside the chosen one that nobody has forgotten.
const BRANCHES: usize = 4;
/// Blocks that are there beyond those that were indexed while all was well.
const MORE: usize = 60;
/// One head in so many that a node hears of is not told, and one time in so many its sockets are cut.
const TOLD: u64 = 5;
const CUT: u64 = 20;

/// All branches that may yet be chosen.
struct Tree {
    chosen: Chain,
    others: VecDeque<Chain>,
    /// The highest block that was ever final: every branch has it.
    finalized: u64,
    forks: u64,
}

impl Tree {
    /// The chain grows, parts above what is final, or another branch is chosen.
    fn change(&mut self, luck: &mut Luck, tally: &Tally) {
        let room = self.chosen.head() - self.finalized;
        let choice = luck.below(6);
        if choice < 3 && room > 0 {
            // Mostly short ones, but down to the last final block.
            let depth = 1 + if luck.chance(2) { luck.below(room.min(3)) } else { luck.below(room) };
            let mut branch = self.chosen.clone();
            self.forks += 1;
            // Sometimes shorter than what it replaces.
            let count = if luck.chance(4) { 1 + luck.below(depth) } else { depth + luck.below(3) };
            branch.branch(depth, count, self.forks);
            tally.add("branches", 1);
            self.others.push_front(branch);
        } else if choice < 5 {
            let count = 1 + luck.below(4);
            self.chosen.mine(usize::try_from(count).expect("small"));
            tally.add("blocks mined", count);
        }
        if choice % 2 == 1 && !self.others.is_empty() {
            let next = self.others.remove(luck.index(self.others.len())).expect("it is in there");
            let before = std::mem::replace(&mut self.chosen, next);
            self.others.push_front(before);
            tally.add("heads switched", 1);
        }
        self.finalized = self.finalized.max(self.chosen.head().saturating_sub(self.chosen.finality));
        let (chosen, finalized) = (&self.chosen, self.finalized);
        self.others.retain(|branch| branch.head() > finalized && branch.agrees_up_to(chosen, finalized));
        self.others.truncate(BRANCHES);
    }

    fn seen(&self, branch: &Chain) -> Chain {
        let mut view = branch.clone();
        view.finalized_max = self.finalized;
        view
    }
}

/// One provider: several machines behind one address, which are not equally far.
struct Node {
    /// The newest first; whether of a side branch.
    views: VecDeque<(Chain, bool)>,
    luck: Luck,
    /// How often it heard of something new.
    changes: u64,
    /// One request in so many fails, one forgets logs, one is of an older view.
    fails: u64,
    forgets: u64,
    lags: u64,
    audience: Arc<Audience>,
    /// It knows nothing new, or nothing, when all others know the truth.
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Stuck,
    Away,
}

struct Shared {
    tree: Tree,
    nodes: Vec<Node>,
    is_calm: bool,
    /// Logs of final blocks are all read twice, and may be forgotten.
    is_read_twice: bool,
}

#[derive(Clone)]
pub(crate) struct Nodes {
    shared: Arc<Mutex<Shared>>,
    turns: Turns,
    tally: Arc<Tally>,
    pub(crate) urls: String,
}

impl Nodes {
    pub(crate) async fn start(
        luck: &mut Luck,
        blocks: u64,
        sample: u64,
        turns: Turns,
        tally: Arc<Tally>,
    ) -> Result<Self> {
        let mut chosen = Chain::new();
        chosen.finality = luck.one_of(&[5, 12, 30]);
        chosen.mine(usize::try_from(blocks)?);
        let finalized = chosen.head().saturating_sub(chosen.finality);
        let tree = Tree { chosen, others: VecDeque::new(), finalized, forks: 0 };
        let count = luck.one_of(&[1, 1, 2, 3]);
        let nodes = (0..count).map(|_| Node {
            views: VecDeque::from([(tree.seen(&tree.chosen), false)]),
            luck: Luck::new(luck.draw()),
            changes: 0,
            fails: luck.one_of(&[u64::MAX, 60, 20]),
            forgets: luck.one_of(&[u64::MAX, 40, 12]),
            lags: luck.one_of(&[u64::MAX, 20, 6]),
            audience: Arc::default(),
            end: End::Well,
        });
        let nodes = nodes.collect();
        let shared = Arc::new(Mutex::new(Shared { tree, nodes, is_calm: false, is_read_twice: sample == 1 }));
        let mut started = Self { shared, turns, tally, urls: String::new() };
        let (mut urls, has_sockets) = (Vec::new(), luck.chance(2));
        for place in 0..count {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let scheme = if has_sockets && !luck.chance(3) { "ws" } else { "http" };
            urls.push(format!("{scheme}://{}", listener.local_addr()?));
            let routes = Router::new().route("/", post(answer).get(open)).with_state((started.clone(), place));
            tokio::spawn(async move { axum::serve(listener, routes).await });
        }
        started.urls = urls.join(",");
        Ok(started)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics with it")
    }

    /// Nodes hear of the change, or do not.
    pub(crate) fn change(&self, luck: &mut Luck) {
        let mut shared = self.shared();
        let Shared { tree, nodes, .. } = &mut *shared;
        tree.change(luck, &self.tally);
        for node in nodes {
            if !luck.chance(3) {
                let is_side = !tree.others.is_empty() && luck.chance(6);
                let branch = if is_side { &tree.others[luck.index(tree.others.len())] } else { &tree.chosen };
                node.views.push_front((tree.seen(branch), is_side));
                node.views.truncate(VIEWS);
                node.changes += 1;
                if !luck.chance(TOLD) {
                    let view = &node.views[0].0;
                    let count = node.audience.hear(&News::Head(view.header(view.head())));
                    self.tally.add("heads told", count as u64);
                }
            }
            if luck.chance(CUT) && node.audience.hear(&News::Cut) > 0 {
                self.turns.pause();
                self.tally.add("sockets cut", 1);
            }
            // No machine keeps a fork for longer than it takes to be final.
            node.views.retain(|(view, _)| view.agrees_up_to(&tree.chosen, tree.finalized));
            if node.views.is_empty() {
                node.views.push_front((tree.seen(&tree.chosen), false));
            }
        }
    }

    /// Blocks that everybody knows.
    pub(crate) fn grow(&self, luck: &mut Luck) {
        let mut shared = self.shared();
        let Shared { tree, nodes, .. } = &mut *shared;
        tree.chosen.mine(luck.index(MORE));
        tree.finalized = tree.chosen.head().saturating_sub(tree.chosen.finality);
        for node in nodes {
            node.views = VecDeque::from([(tree.seen(&tree.chosen), false)]);
        }
    }

    /// From here on nodes do as they like.
    pub(crate) fn rouse(&self) {
        self.shared().is_calm = false;
    }

    /// From here on everybody knows the truth and nothing fails.
    pub(crate) fn calm(&self) {
        let mut shared = self.shared();
        shared.is_calm = true;
        // A chain that ends below the deployment's first block is waited for.
        while shared.tree.chosen.head() < FIRST_BLOCK {
            shared.tree.chosen.mine(1);
        }
        let truth = shared.tree.seen(&shared.tree.chosen);
        for node in &mut shared.nodes {
            (node.views, node.end) = (VecDeque::from([(truth.clone(), false)]), End::Well);
        }
    }

    /// The same, but where there are three one may have heard of nothing since, or be away. Answers whether there is one.
    pub(crate) fn calm_but_one(&self, luck: &mut Luck) -> bool {
        let count = self.shared().nodes.len();
        if count < 3 || luck.chance(3) {
            self.calm();
            return false;
        }
        let (place, end) = (luck.index(count), luck.one_of(&[End::Stuck, End::Stuck, End::Away]));
        let views = self.shared().nodes[place].views.clone();
        for _ in 0..1 + luck.below(3) {
            self.change(luck);
        }
        self.calm();
        let node = &mut self.shared().nodes[place];
        (node.views, node.end) = (views, end);
        let what = if end == End::Away { "nodes away to the end" } else { "nodes stuck to the end" };
        self.tally.add(what, 1);
        true
    }

    pub(crate) fn head(&self) -> Tip {
        self.shared().tree.chosen.tip()
    }

    /// By HTTP any of its machines answers, over a socket always the same one.
    fn answer(&self, place: usize, request: &Value, decided: u64) -> Response {
        let mut shared = self.shared();
        let Shared { nodes, is_calm, is_read_twice, .. } = &mut *shared;
        let mut luck = Luck::new(decided);
        if nodes[place].end == End::Away {
            return (StatusCode::BAD_GATEWAY, "away").into_response();
        }
        if !*is_calm && luck.chance(nodes[place].fails) {
            self.turns.pause();
            return fail(&mut luck, &self.tally);
        }
        let node = &mut nodes[place];
        let view = if !*is_calm && luck.chance(node.lags) { luck.index(node.views.len()) } else { 0 };
        if view > 0 {
            self.tally.add("answers behind", 1);
        }
        let mut reply = |call: &Value| self.reply(node, view, call, *is_calm, *is_read_twice);
        let body = match request.as_array() {
            Some(calls) => calls.iter().map(&mut reply).collect(),
            None => reply(request),
        };
        Json(body).into_response()
    }

    /// `None` where the socket breaks.
    fn answer_on_socket(&self, place: usize, call: &Value, verdict: Option<Verdict>) -> Option<Value> {
        let mut shared = self.shared();
        let Shared { nodes, is_calm, is_read_twice, .. } = &mut *shared;
        let node = &mut nodes[place];
        let is_wish = call["method"] == "eth_subscribe";
        let mut luck = match verdict {
            Some(Verdict::Pass(decided)) => Luck::new(decided),
            Some(_) => return None,
            None => return Some(self.reply(node, 0, call, *is_calm, *is_read_twice)),
        };
        if !*is_calm && (luck.chance(node.fails) || is_wish && luck.chance(4)) {
            self.turns.pause();
            if !is_wish && luck.chance(2) {
                self.tally.add("sockets cut", 1);
                return None;
            }
            self.tally.add(if is_wish { "wishes to be told refused" } else { "answers: refused" }, 1);
            let error = json!({ "code": -32005, "message": "limit exceeded" });
            return Some(json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }));
        }
        Some(self.reply(node, 0, call, *is_calm, *is_read_twice))
    }

    fn reply(&self, node: &mut Node, view: usize, call: &Value, is_calm: bool, is_read_twice: bool) -> Value {
        let (id, method) = (&call["id"], call["method"].as_str().expect("a method"));
        // It forgets the same as long as it has seen nothing new: asking twice does not help.
        let mut memory = node.luck.of(u64::MAX - node.changes, &call["params"].to_string());
        let forgets = !is_calm && method == "eth_getLogs" && memory.chance(node.forgets);
        let (view, is_side) = &mut node.views[view];
        if *is_side {
            self.tally.add("answers of a side branch", 1);
        }
        // A range that is read once has to be known: a machine that is behind says so, and forgets no whole block.
        let is_read_once = !is_read_twice && call["params"][0]["fromBlock"].is_string();
        view.knows_ranges = is_read_once;
        match view.answer(method, &call["params"]) {
            Ok(mut result) => {
                if forgets {
                    forget(&mut result, memory.draw(), is_read_once, &self.tally);
                }
                json!({ "jsonrpc": "2.0", "id": id, "result": result })
            }
            Err(message) => {
                self.turns.pause();
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32005, "message": message } })
            }
        }
    }
}

async fn open(State((nodes, place)): State<(Nodes, usize)>, upgrade: WebSocketUpgrade) -> Response {
    let verdict = nodes.turns.wait(format!("node {place} socket")).await;
    nodes.turns.stir();
    let audience = {
        let shared = nodes.shared();
        let node = &shared.nodes[place];
        let is_open =
            matches!(verdict, Some(Verdict::Pass(decided)) if shared.is_calm || !Luck::new(decided).chance(node.fails));
        if !is_open || node.end == End::Away {
            nodes.turns.pause();
            nodes.tally.add("sockets refused", 1);
            return (StatusCode::BAD_GATEWAY, "away").into_response();
        }
        node.audience.clone()
    };
    nodes.tally.add("sockets opened", 1);
    upgrade.on_upgrade(async move |socket| {
        let answer = async |call: Value| {
            // Headers by number are asked for one by one, and answered at once.
            let is_of_many = call["params"][0].as_str().is_some_and(|block| block.starts_with("0x"));
            let verdict = match is_of_many {
                true => None,
                false => Some(nodes.turns.wait(format!("node {place} {call}")).await?),
            };
            nodes.turns.stir();
            nodes.answer_on_socket(place, &call, verdict)
        };
        serve(socket, &audience, answer).await;
    })
}

async fn answer(State((nodes, place)): State<(Nodes, usize)>, Json(request): Json<Value>) -> Response {
    let verdict = nodes.turns.wait(format!("node {place} {request}")).await;
    nodes.turns.stir();
    match verdict {
        Some(Verdict::Pass(decided)) => nodes.answer(place, &request, decided),
        _ => (StatusCode::BAD_GATEWAY, "gone").into_response(),
    }
}

fn fail(luck: &mut Luck, tally: &Tally) -> Response {
    match luck.below(4) {
        0 => {
            tally.add("answers: away", 1);
            (StatusCode::BAD_GATEWAY, "away").into_response()
        }
        1 => {
            tally.add("answers: cut off", 1);
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"resu".into_response()
        }
        2 => {
            tally.add("answers: of a batch missing", 1);
            Json(json!([])).into_response()
        }
        _ => {
            tally.add("answers: refused", 1);
            Json(json!({ "jsonrpc": "2.0", "id": 0, "error": { "code": -32005, "message": "limit exceeded" } }))
                .into_response()
        }
    }
}

/// A node that has not found all logs yet: those of a block are missing, or those of a contract, or those of a contract in a
/// block where others have some.
fn forget(logs: &mut Value, which: u64, is_partial: bool, tally: &Tally) {
    let Some(logs) = logs.as_array_mut() else { return };
    if is_partial {
        let is_beside = |one: &Value, other: &Value| {
            one["blockNumber"] == other["blockNumber"] && one["address"] != other["address"]
        };
        let has_others = |log: &&Value| logs.iter().any(|other| is_beside(other, log));
        let victims: Vec<Value> = logs.iter().filter(has_others).cloned().collect();
        let Some(victim) = victims.get(usize::try_from(which).unwrap_or(0) % victims.len().max(1)) else { return };
        logs.retain(|log| log["blockNumber"] != victim["blockNumber"] || log["address"] != victim["address"]);
        tally.add("logs forgotten of a part of a block", 1);
        return;
    }
    let Some(victim) = logs.get(usize::try_from(which).unwrap_or(0) % logs.len().max(1)).cloned() else { return };
    let (key, what) = if which.is_multiple_of(2) {
        ("blockNumber", "logs forgotten of a block")
    } else {
        ("address", "logs forgotten of a contract")
    };
    logs.retain(|log| log[key] != victim[key]);
    tally.add(what, 1);
}
