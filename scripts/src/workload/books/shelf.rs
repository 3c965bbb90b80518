//! All books of a host: those that are open, and those of servings that are paid no more.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::aliases::U96;
use anyhow::{Context as _, Result, ensure};
use metering::Serving;
use metering::signing::Domain;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::{Book, header_of, path_of};
use crate::capacity::state::sync_folder;
use crate::ids::DealId;
use crate::prober::statement::Target;
use crate::usage::target_of;

/// Folder of journals of servings that are paid no more, in that of all.
const CLOSED: &str = "closed";

/// A book that is open, or is being opened.
type Place = Arc<OnceCell<Arc<Book>>>;

type LastRead = Option<(Target, Arc<Book>)>;

/// The books of a folder.
///
/// 1. No file is read or written under the lock, which every invocation takes.
/// 2. Of the closed ones at most one is in memory, and none is open.
#[derive(Debug)]
pub struct Books {
    folder: PathBuf,
    domain: Domain,
    open: Mutex<BTreeMap<Target, Place>>,
    /// The closed one that was asked for last: whoever reads it does so page by page.
    read: Arc<tokio::sync::Mutex<LastRead>>,
}

impl Books {
    pub fn new(folder: PathBuf, domain: Domain) -> Self {
        Self { folder, domain, open: Mutex::default(), read: Arc::default() }
    }

    pub fn domain(&self) -> Domain {
        self.domain
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Target, Place>> {
        // What is done under the lock is done by the map alone.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens every book that is not closed: of servings that ended vouchers may still be asked for.
    pub async fn load(&self) -> Result<()> {
        let Ok(folder) = fs::read_dir(&self.folder) else { return Ok(()) };
        for file in folder {
            let file = file?;
            if let Some(target) = file.file_name().to_str().and_then(target_in)
                && let Some(header) = header_of(&file.path())?
            {
                let (serving, price) = header.named(target);
                self.of(serving, price).await?;
            }
        }
        Ok(())
    }

    /// The book of a serving; made if there is none.
    pub async fn of(&self, serving: Serving, price: U96) -> Result<Arc<Book>> {
        let place = Arc::clone(self.lock().entry(target_of(serving)).or_default());
        let open = || async { Book::open(&self.folder, self.domain, serving, price).await.map(Arc::new) };
        place.get_or_try_init(open).await.cloned()
    }

    /// The book of a serving that has one. One that is closed is read and not opened again.
    pub async fn get(&self, target: Target) -> Result<Option<Arc<Book>>> {
        let open = self.lock().get(&target).and_then(|place| place.get().cloned());
        if open.is_some() {
            return Ok(open);
        }
        let mut read = Arc::clone(&self.read).lock_owned().await;
        if let Some((_, book)) = read.as_ref().filter(|(of, _)| *of == target) {
            return Ok(Some(Arc::clone(book)));
        }
        // In this order, for it may be put away meanwhile.
        let (paths, domain) = ([self.folder.clone(), self.folder.join(CLOSED)], self.domain);
        // The lock goes with the reading: who hangs up ends neither, and leaves what was read to the next.
        let book = spawn_blocking(move || {
            let mut books = paths.iter().map(|folder| Book::read(&path_of(folder, target), domain, target));
            let book = books.find_map(Result::transpose).transpose()?.map(Arc::new);
            if let Some(book) = &book {
                *read = Some((target, Arc::clone(book)));
            }
            Ok(book)
        });
        book.await?
    }

    pub async fn all(&self) -> Vec<Arc<Book>> {
        self.lock().values().filter_map(|place| place.get().cloned()).collect()
    }

    /// Puts away the book of a serving of which nothing is paid any more, unless somebody reads in it.
    pub async fn close(&self, target: Target) -> Result<()> {
        let closed = {
            let mut open = self.lock();
            let is_idle = |place: &Place| {
                Arc::strong_count(place) == 1 && place.get().is_some_and(|book| Arc::strong_count(book) == 1)
            };
            // Nobody takes another share of it meanwhile: they are taken under the lock.
            if !open.get(&target).is_some_and(is_idle) {
                return Ok(());
            }
            open.remove(&target)
        };
        let folder = self.folder.clone();
        spawn_blocking(move || {
            drop(closed);
            put_away(&folder, target)
        })
        .await?
    }
}

/// The serving whose book has this name.
fn target_in(name: &str) -> Option<Target> {
    let mut numbers = name.strip_suffix(".usage")?.split('-');
    let (deal, slot, serving) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let target = Target { deal: DealId(deal.parse().ok()?), slot: slot.parse().ok()?, serving: serving.parse().ok()? };
    numbers.next().is_none().then_some(target)
}

fn put_away(folder: &Path, target: Target) -> Result<()> {
    let closed = folder.join(CLOSED);
    fs::create_dir_all(&closed).with_context(|| format!("making {}", closed.display()))?;
    let (from, to) = (path_of(folder, target), path_of(&closed, target));
    ensure!(!to.exists(), "{} is there already", to.display());
    fs::rename(&from, &to).with_context(|| format!("moving {} to {}", from.display(), to.display()))?;
    sync_folder(&closed)?;
    sync_folder(folder)
}
