//! What failed: steps, and when they are tried again; the node, and whether it answers.

use std::collections::BTreeMap;
use std::mem;
use std::time::Duration;

use alloy::primitives::B256;
use anyhow::Result;

use crate::url::without_keys;

/// Seconds of chain time that the second failure waits; each one after it twice as long.
const FIRST: u64 = 10;
const LONGEST: u64 = 300;

/// Failures of steps by name. The first is tried again at the next block, for most have passed by then.
#[derive(Debug, Default)]
pub(crate) struct Waits(BTreeMap<String, Wait>);

#[derive(Debug, Clone, Copy)]
struct Wait {
    failures: u32,
    until: u64,
}

impl Waits {
    pub(crate) fn may(&self, name: &str, time: u64) -> bool {
        self.0.get(name).is_none_or(|wait| time >= wait.until)
    }

    pub(crate) fn done(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Whether it failed when it was tried last.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Not before `until`, although it did not fail.
    pub(crate) fn rest(&mut self, name: String, until: u64) {
        self.0.insert(name, Wait { failures: 0, until });
    }

    /// Says why.
    pub(crate) fn failed(&mut self, name: String, time: u64, error: &anyhow::Error) {
        tracing::warn!("{name} failed and is tried again: {}", without_keys(&format!("{error:#}")));
        self.put_off(name, time);
    }

    /// Forgets steps that nobody has tried for long.
    pub(crate) fn put_off(&mut self, name: String, time: u64) {
        self.0.retain(|_, wait| time < wait.until + LONGEST);
        let failures = self.0.get(&name).map_or(0, |wait| wait.failures) + 1;
        let pause = match failures {
            1 => 0,
            _ => (FIRST << (failures - 2).min(8)).min(LONGEST),
        };
        self.0.insert(name, Wait { failures, until: time + pause });
    }
}

/// Whether the node answers: each change is told once.
#[derive(Debug, Default)]
pub(crate) struct Contact {
    is_lost: bool,
}

impl Contact {
    pub(crate) fn kept(&mut self) {
        if mem::take(&mut self.is_lost) {
            tracing::info!("the node answers again");
        }
    }

    /// `meanwhile` says what goes on all the same.
    pub(crate) fn lost(&mut self, error: &anyhow::Error, meanwhile: &str) {
        if !mem::replace(&mut self.is_lost, true) {
            tracing::warn!("{}{meanwhile}", without_keys(&format!("{error:#}")));
        }
    }
}

/// A program that looks at the chain again and again, for as long as it runs.
pub(crate) trait Follow: Send {
    /// Said where the node does not answer: what goes on all the same.
    const MEANWHILE: &'static str = "";

    /// How often the node is asked for its head.
    fn poll(&self) -> Duration;

    /// Looks, unless the head is the one that was seen last; answers the head that is seen now.
    fn look(&mut self, last: B256) -> impl Future<Output = Result<B256>> + Send;

    /// A look failed.
    fn failed(&self) {}

    fn follow(&mut self) -> impl Future<Output = ()> + Send {
        async move {
            let (mut last, mut contact) = (B256::ZERO, Contact::default());
            loop {
                match self.look(last).await {
                    Ok(head) => {
                        contact.kept();
                        last = head;
                    }
                    Err(error) => {
                        self.failed();
                        contact.lost(&error, Self::MEANWHILE);
                    }
                }
                tokio::time::sleep(self.poll()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_less_and_less_often() {
        let (mut waits, mut time, mut pauses) = (Waits::default(), 1_000, Vec::new());
        for _ in 0..8 {
            waits.failed("commit".to_owned(), time, &anyhow::anyhow!("no"));
            let begin = time;
            while !waits.may("commit", time) {
                time += 1;
            }
            pauses.push(time - begin);
        }
        assert_eq!(pauses, [0, 10, 20, 40, 80, 160, 300, 300]);
        assert!(waits.may("draw", time));
        waits.done("commit");
        waits.failed("commit".to_owned(), time, &anyhow::anyhow!("no"));
        assert!(waits.may("commit", time), "it begins anew");
    }
}
