//! An embedded Postgres that lives as long as the value that holds it.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};
use std::time::Duration;

use crate::guard::{Ending, Guard, private_folder, random_hex};
use crate::{Result, tools};

const USER: &str = "surety";
const DATABASE: &str = "postgres";

/// The unprivileged user that owns nothing: Postgres refuses to run as root.
const NOBODY: u32 = 65534;

/// A port that was free a moment ago can be taken by another process, so that starting is tried again.
const STARTS_MAX: usize = 5;

/// How often a server that stops is looked at.
const STOPPING: Duration = Duration::from_millis(5);

/// Enough for a pool in each of many tests at once.
const CONNECTIONS_MAX: usize = 400;

/// Whether a commit survives a power failure: tests do not care, benches do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Durable,
    Fast,
}

/// A server of our own on a loopback port of its own.
///
/// Invariants:
/// 1. It listens on loopback alone, and every connection needs a password that only we know.
/// 2. No process and no file of it is left when this is dropped or when our process ends in any way.
#[derive(Debug)]
pub struct Postgres {
    pub port: u16,
    password: String,
    data: PathBuf,
    /// The server's command line, to start it again.
    command: (PathBuf, Vec<OsString>),
    /// They end what they watch over, the one that removes the files at last.
    guards: Vec<Guard>,
}

impl Postgres {
    pub fn start(durability: Durability) -> Result<Self> {
        Self::start_at(durability, || Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port()))
    }

    /// Tries one port after the other, each with files of its own: those of a server that was refused go with it.
    fn start_at(durability: Durability, mut port: impl FnMut() -> Result<u16>) -> Result<Self> {
        // The first is the cause; what follows may be about what it left.
        let mut first = None;
        for _ in 0..STARTS_MAX {
            let cluster = Cluster::create()?;
            match cluster.start(durability, port()?, &[])? {
                Started::Ready(postgres) => return Ok(postgres),
                Started::Refused(complaint) => first = first.or(Some(complaint)),
            }
        }
        Err(format!("Postgres does not start: {}", first.unwrap_or_default()).into())
    }

    pub fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{DATABASE}", self.password, self.port)
    }

    /// Stops the server as an operator would, without waiting for anybody; `restart` starts it again.
    pub fn stop(&mut self) -> Result<()> {
        let file = self.data.join("postmaster.pid");
        let text = fs::read_to_string(&file)?;
        let id = text.lines().next().ok_or("the server does not run")?;
        if !Command::new("kill").args(["-s", "INT", id]).status()?.success() {
            return Err("the server cannot be stopped".into());
        }
        while file.exists() {
            std::thread::sleep(STOPPING);
        }
        Ok(())
    }

    /// Starts a server that was stopped, with its files and at its port.
    pub fn restart(&mut self) -> Result<()> {
        let (program, arguments) = &self.command;
        let (guard, _stdout, stderr) = Guard::start(program, arguments, &Ending { signal: "QUIT", folder: None })?;
        self.guards.insert(0, guard);
        wait_until_ready(stderr).map_err(|complaint| format!("Postgres does not start again: {complaint}").into())
    }

    /// A second server that streams from this one and can be read. It has files of its own: a base backup.
    pub fn replica(&self) -> Result<Self> {
        let mut cluster = Cluster::empty(self.password.clone())?;
        let (data, launched) = (cluster.data(), cluster.folder.clone());
        cluster.leave_root(&launched)?;
        let path = data.to_str().filter(|path| !path.contains(['\'', '\\'])).ok_or("a folder with a strange name")?;
        // The server copies its own files, in the session that the backup belongs to; its lock file is not for others.
        self.execute(&format!(
            "select pg_backup_start('replica', true);
             copy (select 1) to program 'cat > /dev/null; cp -R . \"{path}/\"; rm -f \"{path}/postmaster.pid\"';
             copy (
                 select line from pg_backup_stop() as stop, regexp_split_to_table(stop.labelfile, E'\\n') as line
                 where line <> ''
             ) to program 'cat > \"{path}/backup_label\"; touch \"{path}/standby.signal\"'"
        ))?;
        let source = format!("host=127.0.0.1 port={} user={USER} password={}", self.port, self.password);
        let settings = [format!("primary_conninfo={source}"), "hot_standby_feedback=on".to_owned()];
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        match cluster.start(Durability::Fast, port, &settings)? {
            Started::Ready(postgres) => Ok(postgres),
            Started::Refused(complaint) => Err(format!("the replica does not start: {complaint}").into()),
        }
    }

    /// Runs SQL of any number of statements; for what must work before a crate with a driver compiles.
    pub fn execute(&self, sql: &str) -> Result<()> {
        crate::sql::execute(self.port, USER, &self.password, DATABASE, sql)
    }
}

enum Started {
    Ready(Postgres),
    Refused(String),
}

/// The files of a server, in a private folder that goes when this is dropped.
struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    launcher: Vec<String>,
    password: String,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What cannot be removed is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Cluster {
    /// Without any data.
    fn empty(password: String) -> Result<Self> {
        let binaries = tools::postgres()?.join("native");
        let folder = private_folder("surety-pg")?;
        let cluster = Self { folder, binaries, launcher: Vec::new(), password };
        fs::DirBuilder::new().mode(0o700).create(cluster.data())?;
        Ok(cluster)
    }

    fn create() -> Result<Self> {
        let mut cluster = Self::empty(random_hex()?)?;
        let password_file = cluster.folder.join("password");
        fs::write(&password_file, &cluster.password)?;
        cluster.leave_root(&password_file)?;

        let output = cluster
            .command("initdb")
            .args(["--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C", "--username", USER])
            .args(["--auth=password", "--set=scram_iterations=1", "--pgdata"])
            .arg(cluster.data())
            .arg("--pwfile")
            .arg(&password_file)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(format!("initdb fails: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        fs::remove_file(password_file)?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Finds how to run Postgres although we are root, and gives it what it has to own.
    fn leave_root(&mut self, password_file: &Path) -> Result<()> {
        use std::os::unix::fs::MetadataExt;
        if fs::metadata(&self.folder)?.uid() != 0 {
            return Ok(());
        }
        // In a user namespace we keep our own access to files: a checkout in a private home stays readable.
        // It is no access to the files of others, though: there the binaries themselves cannot be started.
        let namespace = ["unshare", "--user", "--map-user=65534", "--"].map(String::from);
        if runs(&namespace, &self.binaries) {
            self.launcher = namespace.into();
            return Ok(());
        }
        // The other user may not be able to look into our checkout.
        let copy = self.folder.join("native");
        let status = Command::new("cp").arg("-R").arg(&self.binaries).arg(&copy).status()?;
        if !status.success() {
            return Err("Postgres could not be copied to the folder for temporary files.".into());
        }
        for path in [&self.folder, &self.data(), password_file] {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
        let other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"].map(String::from);
        if !runs(&other, &copy) {
            return Err(
                "Postgres does not run as root, and neither `unshare` nor `setpriv` can start it: use another user."
                    .into(),
            );
        }
        self.binaries = copy;
        self.launcher = other.into();
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let path = self.binaries.join("bin").join(program);
        let mut command = match self.launcher.split_first() {
            Some((launcher, arguments)) => {
                let mut command = Command::new(launcher);
                command.args(arguments).arg(path);
                command
            }
            None => Command::new(path),
        };
        command.current_dir(&self.folder);
        command
    }

    /// Hands the files over to the server, which removes them when it ends.
    fn start(self, durability: Durability, port: u16, more: &[String]) -> Result<Started> {
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            format!("port={port}"),
            format!("max_connections={CONNECTIONS_MAX}"),
            "log_min_messages=log".to_owned(),
            "timezone=UTC".to_owned(),
        ];
        if durability == Durability::Fast {
            settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(String::from));
        }
        settings.extend_from_slice(more);
        let command = self.command("postgres");
        let mut arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        arguments.extend(["-D".into(), self.data().into_os_string()]);
        arguments.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));

        // An immediate stop, because nobody will read these files again; a fast one would write them out first.
        let ending = Ending { signal: "QUIT", folder: Some(self.folder.clone()) };
        let (guard, _stdout, stderr) = Guard::start(Path::new(command.get_program()), &arguments, &ending)?;
        match wait_until_ready(stderr) {
            Ok(()) => {
                let (password, data) = (self.password.clone(), self.data());
                let command = (PathBuf::from(command.get_program()), arguments);
                std::mem::forget(self);
                Ok(Started::Ready(Postgres { port, password, data, command, guards: vec![guard] }))
            }
            Err(complaint) => Ok(Started::Refused(complaint)),
        }
    }
}

/// Reads the log until the server says that it is ready, and goes on emptying it for as long as the server runs.
fn wait_until_ready(stderr: ChildStderr) -> std::result::Result<(), String> {
    let mut log = BufReader::new(stderr);
    let mut complaint = String::new();
    loop {
        let mut line = String::new();
        match log.read_line(&mut line) {
            Ok(0) => return Err(complaint),
            Err(error) => return Err(error.to_string()),
            // A replica adds that they can only read.
            Ok(_) if line.contains("ready to accept") => break,
            Ok(_) => complaint.push_str(&line),
        }
    }
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while log.read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    Ok(())
}

/// Whether these binaries start this way: that another program does says nothing about who may read them.
fn runs(launcher: &[String], binaries: &Path) -> bool {
    let Some((program, arguments)) = launcher.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(binaries.join("bin/initdb")).arg("--version");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_runs_sql_and_leaves_nothing() -> Result<()> {
        let postgres = Postgres::start(Durability::Fast)?;
        postgres
            .execute("create table deal (id int8 primary key);\n\ninsert into deal values (1); select * from deal")?;
        let error = postgres.execute("insert into deal values (1)").err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("deal_pkey")), "the duplicate was accepted");

        let port = postgres.port;
        drop(postgres);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the server lives on");
        Ok(())
    }

    #[test]
    fn a_server_that_was_stopped_starts_again_with_what_it_had() -> Result<()> {
        let mut postgres = Postgres::start(Durability::Fast)?;
        postgres.execute("create table deal (id int8 primary key); insert into deal values (1)")?;
        postgres.stop()?;
        assert!(postgres.execute("select 1").is_err(), "the server goes on");
        postgres.restart()?;
        let error = postgres.execute("insert into deal values (1)").err().map(|error| error.to_string());
        assert!(error.is_some_and(|error| error.contains("deal_pkey")), "the row is gone");

        let (port, folder) = (postgres.port, postgres.data.clone());
        drop(postgres);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the server lives on");
        assert!(!folder.exists(), "its files are still there");
        Ok(())
    }

    #[test]
    fn a_replica_has_what_the_primary_has_and_refuses_writes() -> Result<()> {
        let postgres = Postgres::start(Durability::Fast)?;
        postgres.execute("create table deal (id int8 primary key); insert into deal values (1)")?;
        let replica = postgres.replica()?;
        let error = replica.execute("insert into deal values (2)").err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains("read-only")), "{error:?}");
        // What is written from here on comes by the stream.
        postgres.execute("insert into deal values (3)")?;
        let is_there = "do $$ begin
            for i in 1..1000 loop
                if exists (select from deal where id = 3) then return; end if;
                perform pg_sleep(0.01);
            end loop;
            raise 'it does not come';
        end $$";
        replica.execute(is_there)
    }

    #[test]
    fn a_port_that_is_taken_is_given_up_for_another() -> Result<()> {
        let taken = TcpListener::bind(("127.0.0.1", 0))?;
        let taken = (taken.local_addr()?.port(), taken);
        let free = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut ports = [taken.0, free].into_iter();
        let postgres = Postgres::start_at(Durability::Fast, || Ok(ports.next().ok_or("a third try")?))?;
        assert_eq!(postgres.port, free);
        postgres.execute("select 1")?;

        let error = Postgres::start_at(Durability::Fast, || Ok(taken.0)).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains("Address already in use")), "{error:?}");
        Ok(())
    }

    #[test]
    fn a_launcher_that_cannot_reach_the_binaries_is_none() -> Result<()> {
        let launcher = ["env".to_owned()];
        assert!(runs(&launcher, &tools::postgres()?.join("native")));
        assert!(!runs(&launcher, Path::new("/nowhere")) && !runs(&[], &tools::postgres()?.join("native")));
        Ok(())
    }
}
