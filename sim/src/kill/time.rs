//! The time of a world: the machine's, and an offset that the programs read from a file. It goes forwards only; what the programs' wall
//! clocks show besides may jump, to and fro.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;

/// A program has read its file again after so long.
pub const REREAD: Duration = Duration::from_millis(110);

#[derive(Clone)]
pub struct Time {
    file: PathBuf,
    offset: Arc<Mutex<Offset>>,
}

/// Milliseconds.
struct Offset {
    passed: i64,
    /// By how much the programs' wall clocks are wrong.
    jump: i64,
}

impl Time {
    pub fn starting_at(folder: &Path, at_ms: i64) -> anyhow::Result<Time> {
        let offset = Offset { passed: at_ms - machine(), jump: 0 };
        let file = folder.join("clock");
        write(&file, &offset)?;
        Ok(Time { file, offset: Arc::new(Mutex::new(offset)) })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// UTC milliseconds.
    pub fn now(&self) -> i64 {
        machine() + self.offset().passed
    }

    /// What the sandbox takes for the time.
    pub fn shared(&self) -> sandbox::Now {
        let time = self.clone();
        Arc::new(move || time.now())
    }

    /// So many milliseconds go by at once. Both readings of a program's clock move, so it is a day lived quickly and not a jump.
    pub fn passes(&self, ms: i64) -> anyhow::Result<()> {
        let mut offset = self.offset();
        offset.passed += ms.max(0);
        write(&self.file, &offset)
    }

    /// From now on the programs' wall clocks are wrong by so much, until they are set right with 0; elapsed time goes on as before.
    pub fn jumps(&self, by_ms: i64) -> anyhow::Result<()> {
        let mut offset = self.offset();
        offset.jump = by_ms;
        write(&self.file, &offset)
    }

    /// Moves on to an instant; one that is past changes nothing.
    pub fn reaches(&self, at_ms: i64) -> anyhow::Result<()> {
        self.passes(at_ms - self.now())
    }

    fn offset(&self) -> MutexGuard<'_, Offset> {
        self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program must never read half of it.
fn write(file: &Path, offset: &Offset) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    std::fs::write(&draft, format!("{} {}", offset.passed, offset.jump))
        .context("the clock's file cannot be written")?;
    std::fs::rename(&draft, file).context("the clock's file cannot be replaced")
}

fn machine() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
