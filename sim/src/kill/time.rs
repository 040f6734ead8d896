//! The time of a world: the machine's, and an offset that the programs read from a file. It goes forwards only.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;

/// A program has read its file again after so long.
pub const REREAD: Duration = Duration::from_millis(110);

#[derive(Clone)]
pub struct Time {
    file: PathBuf,
    offset: Arc<Mutex<i64>>,
}

impl Time {
    pub fn starting_at(folder: &Path, at_ms: i64) -> anyhow::Result<Time> {
        let offset = at_ms - machine();
        let file = folder.join("clock");
        write(&file, offset)?;
        Ok(Time { file, offset: Arc::new(Mutex::new(offset)) })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// UTC milliseconds.
    pub fn now(&self) -> i64 {
        machine() + *self.offset()
    }

    /// What the sandbox takes for the time.
    pub fn shared(&self) -> sandbox::Now {
        let time = self.clone();
        Arc::new(move || time.now())
    }

    /// So many milliseconds go by at once. Both readings of a program's clock move, so it is a day lived quickly and not a jump.
    pub fn passes(&self, ms: i64) -> anyhow::Result<()> {
        let mut offset = self.offset();
        *offset += ms.max(0);
        write(&self.file, *offset)
    }

    /// Moves on to an instant; one that is past changes nothing.
    pub fn reaches(&self, at_ms: i64) -> anyhow::Result<()> {
        self.passes(at_ms - self.now())
    }

    fn offset(&self) -> MutexGuard<'_, i64> {
        self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program must never read half a number.
fn write(file: &Path, offset: i64) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    std::fs::write(&draft, offset.to_string()).context("the clock's file cannot be written")?;
    std::fs::rename(&draft, file).context("the clock's file cannot be replaced")
}

fn machine() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
