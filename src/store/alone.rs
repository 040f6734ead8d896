//! One `serve` on one SQLite file. The lock stands beside the file and is the kernel's, so that it goes with its process however that
//! ends; every other command works beside it. Network file systems keep neither this lock nor SQLite's own.

use super::pool;
use anyhow::Context;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// As many symbolic links in a row as Linux follows.
const LINKS: usize = 40;

/// Held for as long as the bot runs.
pub struct Alone {
    _lock: Option<File>,
}

/// Takes the place of the one bot on this database, before anything is read or written there. Replicas on PostgreSQL need no such place, and
/// nobody else can reach a database in memory.
pub fn alone(url: &str) -> anyhow::Result<Alone> {
    let Some(file) = pool::file(url)? else { return Ok(Alone { _lock: None }) };
    let database = real(&file)?;
    let mut path = database.clone().into_os_string();
    path.push(".lock.serve");
    let path = PathBuf::from(path);
    let writes = || format!("cannot write {}", path.display());
    let mut lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(writes)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another bot{} serves {}: stop it first, or give this one a DATABASE_URL of its own (several replicas need PostgreSQL)",
            holder(&path),
            database.display()
        ),
        Err(TryLockError::Error(error)) => anyhow::bail!(
            "cannot lock {} ({error}): keep a SQLite database on a disk of this machine, not on a network file system",
            path.display()
        ),
    }
    // For whoever is refused; the lock itself does not need it.
    lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).with_context(writes)?;
    Ok(Alone { _lock: Some(lock) })
}

fn holder(lock: &Path) -> String {
    let process = std::fs::read_to_string(lock).unwrap_or_default();
    let process = process.trim();
    if process.is_empty() { String::new() } else { format!(" (process {process})") }
}

/// The one name of a file that may not exist yet, through links and relative paths.
fn real(file: &Path) -> anyhow::Result<PathBuf> {
    let mut file = file.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = std::fs::read_link(&file) else { break };
        file = file.parent().unwrap_or(Path::new("")).join(target);
    }
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => anyhow::bail!("{} is not a file", file.display()),
    };
    let folder = folder.canonicalize().with_context(|| format!("cannot open the folder {}", folder.display()))?;
    let name = file.file_name().with_context(|| format!("{} is not a file", file.display()))?;
    Ok(folder.join(name))
}
