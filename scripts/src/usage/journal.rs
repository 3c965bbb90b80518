//! A file of lines that only grows. Lines that come together are written and synced together.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::capacity::state::sync_folder;

/// Lines that are synced at once: they are all lost together, or none.
const LINES_AT_ONCE: usize = 512;

#[derive(Debug)]
struct Line {
    text: String,
    written: oneshot::Sender<bool>,
}

/// A line that was handed over.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<bool>);

impl Pending {
    /// Waits until it is on disk.
    pub async fn synced(self) -> Result<()> {
        match self.0.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => {
                bail!("the journal cannot be written, so nothing more is done: mend the disk and start again")
            }
        }
    }
}

/// Invariants:
/// 1. Lines are in the file in the order in which they were handed over.
/// 2. After a line could not be written none is: what is in the file is what was handed over first, and was synced.
/// 3. One process has it open; once it is dropped another may.
#[derive(Debug)]
pub struct Journal {
    lines: Option<Sender<Line>>,
    // Has the file, which is locked as long as it is open.
    writer: Option<JoinHandle<()>>,
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            // It has said itself what went wrong.
            let _ = writer.join();
        }
    }
}

impl Journal {
    /// Opens or makes the journal at `path`, and answers its lines; a torn last line is cut off.
    pub fn open(path: &Path) -> Result<(Self, Vec<String>)> {
        let folder = path.parent().context("a journal is in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let file = OpenOptions::new().create(true).read(true).append(true).open(path);
        let file = file.with_context(|| format!("opening {}", path.display()))?;
        if file.try_lock().is_err() {
            bail!("{} is in use by another process", path.display());
        }
        let (found, whole) = whole_lines(path)?;
        let file = Tail { file, synced: whole };
        if whole < file.file.metadata()?.len() {
            tracing::warn!("{}: a torn last line is cut off", path.display());
            file.cut()?;
        }
        file.file.sync_all()?;
        sync_folder(folder)?;
        let (lines, received) = mpsc::channel();
        let name = path.display().to_string();
        let writer = thread::Builder::new().name("journal".to_owned());
        let writer = writer.spawn(move || write(&name, file, &received))?;
        let lines = Some(lines);
        Ok((Self { lines, writer: Some(writer) }, found))
    }

    /// Hands a line over; it comes after all that were handed over before.
    pub fn append(&self, text: String) -> Pending {
        let (written, synced) = oneshot::channel();
        // Where the thread ended the sender is dropped, and whoever waits is told.
        let _ = self.lines.as_ref().map(|lines| lines.send(Line { text, written }));
        Pending(synced)
    }
}

/// The lines of a journal that nobody writes any more.
pub(crate) fn lines(path: &Path) -> Result<Vec<String>> {
    Ok(whole_lines(path)?.0)
}

/// What the first line of a journal says, without the rest of it. None: there is no journal, or its first line says something else.
pub(crate) fn first<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Ok(file) = File::open(path) else { return Ok(None) };
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_str(&line).ok())
}

/// The lines that are there to their end, and how many bytes they have.
fn whole_lines(path: &Path) -> Result<(Vec<String>, u64)> {
    let mut bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    let text = String::from_utf8(bytes).with_context(|| format!("{} is damaged: it is no text", path.display()))?;
    Ok((text.lines().map(str::to_owned).collect(), text.len() as u64))
}

/// The end of a journal's file.
#[derive(Debug)]
struct Tail {
    file: File,
    /// Bytes that are on disk for good.
    synced: u64,
}

impl Tail {
    /// All of it, or nothing: what was not synced is cut off, since nobody was told that it is there.
    fn append(&mut self, text: &str, sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| sync(&self.file));
        match written {
            Ok(()) => self.synced += text.len() as u64,
            Err(_) => self.cut()?,
        }
        written
    }

    fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.synced)?;
        self.file.sync_all()
    }
}

fn write(name: &str, mut file: Tail, lines: &Receiver<Line>) {
    let mut is_broken = false;
    while let Ok(first) = lines.recv() {
        let batch: Vec<Line> = std::iter::once(first).chain(lines.try_iter().take(LINES_AT_ONCE - 1)).collect();
        if !is_broken {
            let text: String = batch.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
            if let Err(error) = file.append(&text, File::sync_data) {
                tracing::error!("{name} cannot be written: {error}");
                is_broken = true;
            }
        }
        for line in batch {
            // Whoever does not wait does not want to know.
            let _ = line.written.send(!is_broken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    #[test]
    fn the_first_line_is_read_alone() -> Result<()> {
        let folder = tempdir()?;
        let path = folder.path().join("journal");
        assert_eq!(first::<u32>(&path)?, None, "there is none");
        for (text, said) in [("", None), ("7", Some(7)), ("7\n\"torn", Some(7)), ("\"7\"\n7\n", None)] {
            fs::write(&path, text)?;
            assert_eq!(first::<u32>(&path)?, said, "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_could_not_be_synced_is_cut_off() -> Result<()> {
        let folder = tempdir()?;
        let path = folder.path().join("journal");
        let mut tail = Tail { file: OpenOptions::new().create(true).append(true).open(&path)?, synced: 0 };
        tail.append("1\n2\n", File::sync_data)?;
        assert!(tail.append("3\n4\n5", |_| Err(io::ErrorKind::StorageFull.into())).is_err());
        assert_eq!(fs::read_to_string(&path)?, "1\n2\n");
        Ok(())
    }

    #[tokio::test]
    async fn lines_survive_in_order_and_a_torn_one_is_cut_off() -> Result<()> {
        let folder = tempdir()?;
        let path = folder.path().join("deep/journal");
        let (journal, lines) = Journal::open(&path)?;
        assert!(lines.is_empty());
        let pending: Vec<Pending> = (0..1_000).map(|number| journal.append(number.to_string())).collect();
        for line in pending {
            line.synced().await?;
        }
        let used = Journal::open(&path).expect_err("it is open");
        assert!(used.to_string().contains("in use"), "{used}");
        drop(journal);
        fs::write(&path, [&fs::read(&path)?[..], b"torn"].concat())?;

        let (journal, lines) = Journal::open(&path)?;
        assert_eq!(lines, (0..1_000).map(|number| number.to_string()).collect::<Vec<_>>());
        journal.append("last".to_owned()).synced().await?;
        drop(journal);
        assert!(fs::read_to_string(&path)?.ends_with("\n999\nlast\n"));
        Ok(())
    }
}
