//! New heads as nodes tell of them. Who stops telling is asked to tell again; meanwhile all are asked for their heads.

use std::future::pending;

use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, warn};

use crate::nodes::Nodes;
use crate::slot::RESTS_MAX;
use crate::wire::Header;

#[derive(Debug)]
pub(crate) struct Heads {
    newest: watch::Receiver<Option<Header>>,
    /// One for each node that can tell. They end with this.
    _listeners: JoinSet<()>,
}

impl Heads {
    pub(crate) fn of(nodes: &Nodes) -> Self {
        let (told, newest) = watch::channel(None);
        let mut listeners = JoinSet::new();
        for place in nodes.telling() {
            listeners.spawn(listen(nodes.clone(), place, told.clone()));
        }
        Self { newest, _listeners: listeners }
    }

    /// The newest head that was told and not answered yet. `None`: a node tells from here on, and there may be one that
    /// nobody told of.
    pub(crate) async fn next(&mut self) -> Option<Header> {
        match self.newest.changed().await {
            Ok(()) => *self.newest.borrow_and_update(),
            // Nobody can tell.
            Err(_) => pending().await,
        }
    }
}

async fn listen(nodes: Nodes, place: usize, told: watch::Sender<Option<Header>>) {
    let mut rests = 1;
    loop {
        match nodes.subscribe(place).await {
            Ok(mut heads) => {
                rests = 1;
                told.send_replace(None);
                while let Some(head) = heads.next().await {
                    told.send_replace(Some(head));
                }
                warn!("a node stopped telling of heads, and is asked for them");
            }
            // Once; the others are of the same trouble.
            Err(error) if rests == 1 => warn!("a node tells of no heads, and is asked for them: {error:#}"),
            Err(error) => debug!("a node still tells of no heads: {error:#}"),
        }
        sleep(nodes.rest(place) * rests).await;
        rests = RESTS_MAX.min(rests * 2);
    }
}
