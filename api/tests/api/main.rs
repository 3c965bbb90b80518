//! The API at its boundary: facts by SQL in, replies over HTTP out.

mod answers;
mod crowd;
mod errors;
mod fresh;
mod pages;
mod server;
mod stream;
