//! As much of Postgres's protocol as it takes to run a file of SQL: password, simple query, errors.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Result;

const PROTOCOL: u32 = 196_608;

pub fn execute(port: u16, user: &str, password: &str, database: &str, sql: &str) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut hello = PROTOCOL.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, ""] {
        hello.extend_from_slice(text.as_bytes());
        hello.push(0);
    }
    send(&mut stream, None, &hello)?;
    until_ready(&mut stream, password)?;
    send(&mut stream, Some(b'Q'), &[sql.as_bytes(), &[0]].concat())?;
    until_ready(&mut stream, password)?;
    send(&mut stream, Some(b'X'), &[])
}

fn send(stream: &mut TcpStream, kind: Option<u8>, body: &[u8]) -> Result<()> {
    let mut message: Vec<u8> = kind.into_iter().collect();
    message.extend_from_slice(&u32::try_from(body.len() + 4)?.to_be_bytes());
    message.extend_from_slice(body);
    Ok(stream.write_all(&message)?)
}

/// Answers the request for a password, skips rows and notices, and returns the first error once the server is ready.
fn until_ready(stream: &mut TcpStream, password: &str) -> Result<()> {
    let mut failure = None;
    loop {
        let mut head = [0; 5];
        if let Err(error) = stream.read_exact(&mut head) {
            return Err(failure.unwrap_or_else(|| error.to_string()).into());
        }
        let [kind, length @ ..] = head;
        let mut body = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
        stream.read_exact(&mut body)?;
        match kind {
            // The only request that we know how to answer is the one for a password in clear.
            b'R' if body == 3_u32.to_be_bytes() => send(stream, Some(b'p'), &[password.as_bytes(), &[0]].concat())?,
            b'E' => failure = failure.or_else(|| Some(message(&body))),
            b'Z' => return failure.map_or(Ok(()), |failure| Err(failure.into())),
            _ => {}
        }
    }
}

/// The message and where it happened, out of the fields of an error.
fn message(body: &[u8]) -> String {
    let fields = body.split(|byte| *byte == 0).filter_map(|field| field.split_first());
    let shown = fields.filter(|(kind, _)| matches!(kind, b'M' | b'D' | b'W' | b'P'));
    shown.map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>().join(", ")
}
