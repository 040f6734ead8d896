//! The file of a SQLite database: which one an address names, what may stand in its place, and who
//! may read it.

use anyhow::{Context, bail, ensure};
use sqlx::sqlite::SqliteConnectOptions;
use std::fs::{FileType, Metadata, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use url::form_urlencoded;

/// As many symbolic links in a row as Linux follows.
const LINKS: usize = 40;
/// SQLite's own files beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];
/// For the bot's own user, and for nobody else.
pub(super) const OURS: u32 = 0o600;
pub(super) const OTHERS: u32 = 0o077;

/// A database that an address names.
pub(super) struct Named {
    pub options: SqliteConnectOptions,
    /// The one name of its file, through links and relative paths; None in memory.
    pub file: Option<PathBuf>,
    pub read_only: bool,
}

/// What SQLite is asked to open is the very file that is looked at here, locked and made.
pub(super) fn named(url: &str) -> anyhow::Result<Named> {
    let options = SqliteConnectOptions::from_str(url).context("DATABASE_URL is not a SQLite address")?;
    let (database, modes) = parts(url);
    let is = |mode: &str| modes.iter().any(|one| one == mode);
    // However it is written it is one for all connections; without a name SQLite would give each
    // its own.
    if database == ":memory:" || database.is_empty() || is("memory") {
        let options = SqliteConnectOptions::from_str("sqlite::memory:")?;
        return Ok(Named { options, file: None, read_only: false });
    }
    let name = options.get_filename().to_owned();
    // SQLite would take it for an address of its own and open another file.
    ensure!(
        !name.as_os_str().as_bytes().starts_with(b"file:"),
        "DATABASE_URL: write sqlite://unstuck.db, without file:"
    );
    let file = real(&name)?;
    let shown = file.display();
    if let Some(found) = found(&file)?.filter(|found| !found.is_file()) {
        ensure!(!found.is_dir(), "{shown} is a folder: name a file in it, such as sqlite://{shown}/unstuck.db");
        bail!("{shown} is {} and no file: name another one in DATABASE_URL", kind(found.file_type()));
    }
    for part in beside(&file) {
        must_be_a_file(&part, "SQLite keeps a part of the database there")?;
        ensure!(
            found(&part)?.is_none_or(|found| found.nlink() == 1),
            "{} has another name as well (a hard link), and SQLite keeps a part of the database there: move it away",
            part.display()
        );
    }
    Ok(Named { options: options.filename(&file), file: Some(file), read_only: is("ro") })
}

/// The file of a database; None for one in memory, and for PostgreSQL's.
pub(super) fn of(url: &str) -> anyhow::Result<Option<PathBuf>> {
    if is_sqlite(url) { Ok(named(url)?.file) } else { Ok(None) }
}

pub(super) fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

pub(super) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// What an address names, and its modes. The library reads them so too, and keeps to itself what it
/// read.
fn parts(url: &str) -> (&str, Vec<String>) {
    let rest = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
    let (database, query) = rest.split_once('?').unwrap_or((rest, ""));
    let pairs = form_urlencoded::parse(query.as_bytes());
    (database, pairs.filter(|(key, _)| key == "mode").map(|(_, mode)| mode.into_owned()).collect())
}

/// The one name of a file that may not exist yet.
fn real(file: &Path) -> anyhow::Result<PathBuf> {
    let (name, mut file) = (file.display(), file.to_owned());
    let mut left = LINKS;
    while let Ok(target) = std::fs::read_link(&file) {
        ensure!(left > 0, "{name} is a symbolic link that leads nowhere: name another file in DATABASE_URL");
        left -= 1;
        file = file.parent().unwrap_or(Path::new("")).join(target);
    }
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        // The root, which is looked at as what it is.
        None => return Ok(file),
    };
    let folder = folder.canonicalize().with_context(|| format!("cannot open the folder {}", folder.display()))?;
    match file.file_name() {
        Some(name) => Ok(folder.join(name)),
        None => file.canonicalize().with_context(|| format!("cannot open the folder {}", file.display())),
    }
}

/// What stands there itself, not what a link leads to.
pub(super) fn found(path: &Path) -> anyhow::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", path.display())),
    }
}

/// A link would lead what is written to another file, and a pipe would never end.
pub(super) fn must_be_a_file(path: &Path, why: &str) -> anyhow::Result<()> {
    match found(path)?.filter(|found| !found.is_file()) {
        None => Ok(()),
        Some(found) => bail!("{} is {} and {why}: move it away", path.display(), kind(found.file_type())),
    }
}

fn kind(found: FileType) -> &'static str {
    match found {
        found if found.is_symlink() => "a symbolic link",
        found if found.is_dir() => "a folder",
        found if found.is_fifo() => "a pipe",
        found if found.is_socket() => "a socket",
        _ => "a device",
    }
}

pub(super) fn beside(file: &Path) -> [PathBuf; 3] {
    BESIDE.map(|end| with_end(file, end))
}

pub(super) fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// A new file is for nobody else to read, and what SQLite puts beside it follows it in that; what a
/// killed process left there is made to. Where a file cannot be made, SQLite says why.
pub(super) fn make(file: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(OURS).open(file);
    let Ok(database) = file.metadata() else { return };
    for part in beside(file) {
        let Ok(Some(found)) = found(&part) else { continue };
        let (mode, most) = (found.mode() & 0o777, database.mode() & 0o777);
        if mode & !most & OTHERS != 0 {
            // Who may not is told so, see `caution.rs`.
            let _ = std::fs::set_permissions(&part, Permissions::from_mode(mode & most));
        }
    }
}

/// How many names (hard links) a file has.
pub(super) fn names(file: &Path) -> u64 {
    file.metadata().map_or(1, |found| found.nlink())
}

/// Nobody looks for anything in a file that is not there, or that was empty a moment ago.
pub(super) fn must_exist(url: &str) -> anyhow::Result<()> {
    must_last(url)?;
    let Some(file) = of(url)?.filter(|file| !file.exists()) else { return Ok(()) };
    bail!("there is no database at {}: is DATABASE_URL right?", file.display())
}

/// What a command writes into memory is gone when it ends.
pub fn must_last(url: &str) -> anyhow::Result<()> {
    ensure!(
        !is_sqlite(url) || named(url)?.file.is_some(),
        "the database of DATABASE_URL is in memory and forgets everything at the end of each command: \
         name a file, such as sqlite://unstuck.db"
    );
    Ok(())
}
