//! One `serve` on one SQLite file, whatever it is called. The locks are the kernel's, so that they
//! go with their process however that ends; every other command works beside it. Network file
//! systems keep neither these locks nor SQLite's own.

use super::file;
use anyhow::{Context, bail, ensure};
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// SQLite locks parts of the file, and elsewhere than on Linux a lock on the whole would be in its
/// way; there only the name is locked.
const BY_THE_FILE: bool = cfg!(target_os = "linux");

/// Held for as long as the bot runs, and longer than its database is open: whoever closes a handle
/// on a file lets go of SQLite's own locks in the same process.
pub struct Alone {
    /// The database itself: a second name (a hard link) is the same file.
    _database: Option<File>,
    /// Beside it, with the number of our process for whoever is refused. It also keeps a file that
    /// was put in the place of the one that is served.
    _name: Option<File>,
}

/// Takes the place of the one bot on this database, before anything is read or written there.
/// Replicas on PostgreSQL need no such place, and nobody else can reach a database in memory.
pub fn alone(url: &str) -> anyhow::Result<Alone> {
    let named = if file::is_sqlite(url) { Some(file::named(url)?) } else { None };
    let Some((named, database)) = named.and_then(|named| named.file.clone().map(|file| (named, file))) else {
        return Ok(Alone { _database: None, _name: None });
    };
    if !named.read_only {
        file::make(&database);
    }
    let itself = match BY_THE_FILE {
        true => {
            let opened = File::open(&database).with_context(|| format!("cannot open {}", database.display()))?;
            take(&opened, &database, &database)?;
            Some(opened)
        }
        false => None,
    };
    let path = beside(&database);
    let mut lock = opened(&path)?;
    take(&lock, &path, &database)?;
    let told = lock
        .set_permissions(Permissions::from_mode(file::OURS))
        .and_then(|()| lock.set_len(0))
        .and_then(|()| writeln!(lock, "{}", std::process::id()));
    told.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Alone { _database: itself, _name: Some(lock) })
}

/// SQLite keeps what is newest in a file that is named after the database, so two names at once
/// spoil it. Who is not the bot goes by the bot's name.
pub(super) fn by_the_name_of_the_bot(database: &Path) -> anyhow::Result<()> {
    let held = |path: &Path| {
        let lock = OpenOptions::new().read(true).custom_flags(safely()).open(path);
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    };
    ensure!(
        file::names(database) < 2 || !held(database) || held(&beside(database)),
        "a bot serves {} by another name (a hard link): name the file as the bot does",
        database.display()
    );
    Ok(())
}

fn beside(database: &Path) -> PathBuf {
    file::with_end(database, ".lock.serve")
}

/// Neither through a link into somebody else's file nor waiting at a pipe.
fn safely() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

fn opened(path: &Path) -> anyhow::Result<File> {
    file::must_be_a_file(path, "not the bot's lock")?;
    let writes = || format!("cannot write {}", path.display());
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(file::OURS).custom_flags(safely());
    let lock = options.open(path).with_context(writes)?;
    // What is written into a second name of a file is written into that file.
    let ours = lock.metadata().with_context(writes)?.nlink() == 1;
    ensure!(ours, "{} is another file too (a hard link) and not the bot's lock: move it away", path.display());
    Ok(lock)
}

fn take(lock: &File, path: &Path, database: &Path) -> anyhow::Result<()> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!(
            "another bot{} serves {}: stop it first, or give this one a DATABASE_URL of its own (several replicas need PostgreSQL)",
            holder(&beside(database)),
            database.display()
        ),
        Err(TryLockError::Error(error)) => bail!(
            "cannot lock {} ({error}): keep a SQLite database on a disk of this machine, not on a network file system",
            path.display()
        ),
    }
}

/// The number that the other bot left, if what stands there is a number.
fn holder(lock: &Path) -> String {
    let is_file = lock.symlink_metadata().is_ok_and(|found| found.is_file());
    let process = if is_file { std::fs::read_to_string(lock).unwrap_or_default() } else { String::new() };
    process.trim().parse().map_or_else(|_| String::new(), |process: u32| format!(" (process {process})"))
}
