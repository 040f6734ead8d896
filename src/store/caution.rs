//! What an operator should know of a database that works, each with its remedy. It is as its owner
//! left it: whether it is meant, the owner decides.

use super::{file, pool};
use sqlx::postgres::PgSslMode;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const FORGETS: &str = "the database is in memory and forgets everything when the bot stops: \
     name a file in DATABASE_URL, such as sqlite://unstuck.db";

pub fn cautions(url: &str) -> Vec<String> {
    if file::is_postgres(url) {
        return unprotected(url).into_iter().collect();
    }
    let Ok(file) = file::of(url) else { return Vec::new() };
    file.map_or_else(|| vec![FORGETS.to_owned()], |file| of_file(&file))
}

fn of_file(file: &Path) -> Vec<String> {
    let mut told = Vec::new();
    let open = |path: &PathBuf| matches!(file::found(path), Ok(Some(found)) if found.mode() & file::OTHERS != 0);
    let all = [file.to_owned()].into_iter().chain(file::beside(file)).filter(open);
    let open: Vec<String> = all.map(|path| path.display().to_string()).collect();
    if !open.is_empty() {
        told.push(format!("others on this machine can read the database: chmod 600 {}", open.join(" ")));
    }
    if file::names(file) > 1 {
        let name = file.display();
        told.push(format!(
            "{name} has another name too (a hard link), and whatever uses that spoils the database: keep one"
        ));
    }
    told
}

/// What goes over a network should not be there for everybody to read.
fn unprotected(url: &str) -> Option<String> {
    let options = pool::address(url).ok()?;
    let host = options.get_host();
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let here = options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || number.is_ok_and(|number| number.is_loopback());
    let asks = !matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
    (!here && !asks).then(|| {
        format!(
            "DATABASE_URL does not ask for TLS, so that what goes to PostgreSQL on {host} may be read and changed \
             on the way: let it say sslmode=verify-full"
        )
    })
}
