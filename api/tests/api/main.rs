//! The API at its boundary: facts by SQL in, replies over HTTP out.

mod capacity;
mod conformance;
mod crowd;
mod deals;
mod delegators;
mod epochs;
mod errors;
mod events;
mod exposure;
mod faults;
mod fresh;
mod history;
mod hostile;
mod matching;
mod metering;
mod network;
mod offers;
mod pages;
mod proofs;
mod providers;
mod quotes;
mod replies;
mod server;
mod stream;
mod succession;
mod surface;
