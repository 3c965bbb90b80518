//! A JSON-RPC node with a chain that tests can lengthen, reorganise, hide and break.

pub(crate) mod dump;
pub(crate) mod running;
pub(crate) mod socket;
pub(crate) mod story;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alloy::primitives::{Address, B256, Bloom, LogData, keccak256};
use axum::Router;
use axum::extract::{Json, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use indexer::{Deployment, Tip};
use serde_json::{Value, json};

use socket::{Audience, News};
use story::Story;

pub(crate) const CHAIN_ID: u64 = 31_337;
pub(crate) const FIRST_BLOCK: u64 = 5;
const FINALITY: u64 = 64;
const BEGIN: u64 = 1_800_000_000;
const SECONDS_PER_BLOCK: u64 = 3_600;

#[derive(Clone)]
struct Block {
    hash: B256,
    parent_hash: B256,
    timestamp: u64,
    logs: Vec<(Address, LogData)>,
    bloom: Bloom,
    /// What the story is after this block, so that a fork can tell another one.
    story: Story,
}

#[derive(Clone)]
pub(crate) struct Chain {
    blocks: Vec<Arc<Block>>,
    /// So many blocks under the head are not final.
    pub(crate) finality: u64,
    /// No block above this one is called final.
    pub(crate) finalized_max: u64,
    /// The node answers as if it knew fewer blocks.
    pub(crate) hidden: usize,
    /// The node refuses logs of more blocks at once.
    pub(crate) range_max: u64,
    /// The node refuses to answer with more logs.
    pub(crate) logs_max: usize,
    /// The node refuses logs of blocks that it does not have.
    pub(crate) knows_ranges: bool,
    /// The node answers the next requests with a failure.
    pub(crate) failures: usize,
    /// The node refuses calls that name the final block.
    pub(crate) has_no_finality: bool,
    /// The node refuses to tell logs of whoever it is.
    pub(crate) refuses_all: bool,
    /// The node refuses to tell of heads.
    pub(crate) refuses_to_tell: bool,
    /// The node answers after so long, or never.
    pub(crate) delay: Duration,
    pub(crate) is_silent: bool,
    pub(crate) chain_id: u64,
    pub(crate) ranges_refused: usize,
    fork: u64,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let genesis = Block {
            hash: keccak256("genesis"),
            parent_hash: B256::ZERO,
            timestamp: BEGIN,
            logs: Vec::new(),
            bloom: Bloom::ZERO,
            story: Story::new(),
        };
        Self {
            blocks: vec![Arc::new(genesis)],
            finality: FINALITY,
            finalized_max: u64::MAX,
            hidden: 0,
            range_max: u64::MAX,
            logs_max: usize::MAX,
            knows_ranges: false,
            failures: 0,
            has_no_finality: false,
            refuses_all: false,
            refuses_to_tell: false,
            delay: Duration::ZERO,
            is_silent: false,
            chain_id: CHAIN_ID,
            ranges_refused: 0,
            fork: 0,
        }
    }

    pub(crate) fn head(&self) -> u64 {
        self.visible().len() as u64 - 1
    }

    pub(crate) fn tip(&self) -> Tip {
        Tip { number: self.head(), hash: self.visible().last().expect("there is a genesis").hash }
    }

    fn visible(&self) -> &[Arc<Block>] {
        &self.blocks[..self.blocks.len() - self.hidden]
    }

    pub(crate) fn logs(&self) -> usize {
        self.blocks.iter().map(|block| block.logs.len()).sum()
    }

    pub(crate) fn mine(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.blocks.len() as u64;
            let parent = self.blocks.last().expect("there is a genesis").clone();
            let timestamp = parent.timestamp + SECONDS_PER_BLOCK;
            let mut story = parent.story.clone();
            let logs = if number < FIRST_BLOCK { Vec::new() } else { story.tell(number, timestamp, self.fork) };
            let hash = keccak256(format!("{number} {} {}", parent.hash, self.fork));
            let bloom = bloom(&logs);
            self.blocks.push(Arc::new(Block { hash, parent_hash: parent.hash, timestamp, logs, bloom, story }));
        }
    }

    /// Adds a block with a log that no story tells.
    pub(crate) fn mine_log(&mut self, address: Address, log: LogData) {
        self.mine(1);
        let block = Arc::make_mut(self.blocks.last_mut().expect("one was mined"));
        block.logs = vec![(address, log)];
        block.bloom = bloom(&block.logs);
    }

    /// Adds a block without logs of ours, whose filter names whatever one looks for.
    pub(crate) fn mine_strangers(&mut self) {
        self.mine(1);
        let block = Arc::make_mut(self.blocks.last_mut().expect("one was mined"));
        block.logs.clear();
        block.bloom = Bloom::repeat_byte(u8::MAX);
    }

    /// Whether the blocks up to this one that both have are the same.
    pub(crate) fn agrees_up_to(&self, other: &Self, number: u64) -> bool {
        let place = usize::try_from(number.min(self.head()).min(other.head())).expect("small");
        self.blocks[place].hash == other.blocks[place].hash
    }

    /// Replaces the last `depth` blocks by `depth + longer` others.
    pub(crate) fn reorganise(&mut self, depth: usize, longer: usize) {
        let fork = self.fork + 1;
        self.branch(depth as u64, (depth + longer) as u64, fork);
    }

    /// Replaces the last `depth` blocks by `count` others, which only a fork of this number has.
    pub(crate) fn branch(&mut self, depth: u64, count: u64, fork: u64) {
        self.fork = fork;
        self.blocks.truncate(self.blocks.len() - usize::try_from(depth).expect("small"));
        self.mine(usize::try_from(count).expect("small"));
    }

    pub(crate) fn header(&self, number: u64) -> Value {
        match self.visible().get(usize::try_from(number).expect("small")) {
            Some(block) => json!({
                "number": format!("{number:#x}"), "hash": block.hash, "parentHash": block.parent_hash,
                "timestamp": format!("{:#x}", block.timestamp), "transactions": [], "logsBloom": block.bloom,
            }),
            None => Value::Null,
        }
    }

    fn logs_in(&self, numbers: impl Iterator<Item = u64>) -> Vec<Value> {
        let mut found = Vec::new();
        for number in numbers {
            let Some(block) = self.visible().get(usize::try_from(number).expect("small")) else { continue };
            for (index, (address, log)) in block.logs.iter().enumerate() {
                found.push(json!({
                    "address": address, "topics": log.topics(), "data": log.data, "blockNumber": format!("{number:#x}"),
                    "blockHash": block.hash, "logIndex": format!("{index:#x}"), "transactionHash": block.hash,
                    "transactionIndex": "0x0", "removed": false,
                }));
            }
        }
        found
    }

    fn reply(&mut self, call: &Value) -> Value {
        let id = &call["id"];
        match self.answer(call["method"].as_str().expect("a method"), &call["params"]) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(message) => json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32005, "message": message } }),
        }
    }

    pub(crate) fn answer(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        match method {
            "eth_chainId" => Ok(json!(format!("{:#x}", self.chain_id))),
            "eth_getBlockByNumber" => Ok(match parameters[0].as_str().expect("a tag or a number") {
                "latest" => self.header(self.head()),
                "finalized" if self.has_no_finality => return Err("unknown block tag".to_owned()),
                "finalized" => self.header(self.head().saturating_sub(self.finality).min(self.finalized_max)),
                number => self.header(quantity(number)),
            }),
            "eth_getLogs" => self.get_logs(&parameters[0]),
            "eth_subscribe" if self.refuses_to_tell => Err("notifications not supported".to_owned()),
            "eth_subscribe" => Ok(json!("0x1")),
            other => Err(format!("no method {other}")),
        }
    }

    fn get_logs(&mut self, filter: &Value) -> Result<Value, String> {
        if self.refuses_all && filter["address"].is_null() {
            return Err("query returned more than 10000 results".to_owned());
        }
        if let Some(hash) = filter["blockHash"].as_str() {
            let place = self.visible().iter().position(|block| block.hash.to_string() == hash);
            let number = place.ok_or("unknown block")? as u64;
            return Ok(json!(self.logs_in(std::iter::once(number))));
        }
        let from = quantity(filter["fromBlock"].as_str().expect("a number"));
        let to = quantity(filter["toBlock"].as_str().expect("a number"));
        if self.knows_ranges && to > self.head() {
            return Err("block range extends beyond current head block".to_owned());
        }
        let logs = self.logs_in(from..=to);
        if to - from >= self.range_max || logs.len() > self.logs_max {
            self.ranges_refused += 1;
            return Err("query returned more than 10000 results".to_owned());
        }
        Ok(json!(logs))
    }
}

fn bloom(logs: &[(Address, LogData)]) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for (address, log) in logs {
        bloom.accrue_raw_log(*address, log.topics());
    }
    bloom
}

fn quantity(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a quantity")
}

#[derive(Clone)]
pub(crate) struct Node {
    chain: Arc<Mutex<Chain>>,
    audience: Arc<Audience>,
    pub(crate) url: String,
}

impl Node {
    pub(crate) async fn start() -> Self {
        let chain = Arc::new(Mutex::new(Chain::new()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let node = Self { chain, audience: Arc::default(), url };
        let sockets = Router::new().route("/", get(open)).with_state(node.clone());
        let routes = Router::new().route("/", post(answer)).with_state(node.chain.clone()).merge(sockets);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        node
    }

    /// The same node, spoken to over a web socket.
    pub(crate) fn over_socket(&self) -> Self {
        Self { url: self.url.replacen("http", "ws", 1), ..self.clone() }
    }

    /// Whoever asked for it hears of the head.
    pub(crate) fn tell(&self) {
        let chain = self.chain();
        self.audience.hear(&News::Head(chain.header(chain.head())));
    }

    /// So many are told of heads.
    pub(crate) fn told(&self) -> usize {
        self.audience.told()
    }

    pub(crate) fn cut(&self) {
        self.audience.hear(&News::Cut);
    }

    pub(crate) fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().expect("no test panics with the chain in hand")
    }
}

async fn answer(State(chain): State<Arc<Mutex<Chain>>>, Json(request): Json<Value>) -> Response {
    let waits = || {
        let chain = chain.lock().expect("no test panics with the chain in hand");
        (chain.is_silent, chain.delay)
    };
    let (is_silent, delay) = waits();
    if is_silent {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(delay).await;
    let mut chain = chain.lock().expect("no test panics with the chain in hand");
    if chain.failures > 0 {
        chain.failures -= 1;
        return (StatusCode::BAD_GATEWAY, "away").into_response();
    }
    let body = request.as_array().map(|calls| calls.iter().map(|call| chain.reply(call)).collect());
    let body = body.unwrap_or_else(|| chain.reply(&request));
    Json(body).into_response()
}

async fn open(State(node): State<Node>, upgrade: WebSocketUpgrade) -> Response {
    {
        let mut chain = node.chain();
        if chain.failures > 0 {
            chain.failures -= 1;
            return (StatusCode::BAD_GATEWAY, "away").into_response();
        }
    }
    upgrade.on_upgrade(async move |socket| {
        socket::serve(socket, &node.audience, async |request| Some(node.chain().reply(&request))).await;
    })
}

pub(crate) fn deployment() -> Deployment {
    Deployment {
        chain_id: CHAIN_ID,
        first_block: FIRST_BLOCK,
        contracts: story::addresses().into_iter().map(|(name, address)| (name.to_owned(), address)).collect(),
        stablecoin_decimals: 6,
    }
}
