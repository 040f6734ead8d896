//! The time, as a value: a civil reading and an elapsed one. Stepping moves both, so that a step is a day lived quickly and not a jump.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// The longest sleep at a stretch: the machine's wall clock may be set, or the machine sleep, meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// How often the file of an offset is read again.
const REREAD: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    made: Instant,
    /// Milliseconds by which this clock was moved since it was made; sleepers watch it.
    moved: watch::Sender<i64>,
}

enum Source {
    /// Stands at this instant until stepped.
    Frozen(i64),
    /// The machine's time plus an offset.
    Running(i64),
    /// The machine's time plus the offset that a file names.
    File { first: i64, offset: Mutex<Offset> },
}

struct Offset {
    path: PathBuf,
    ms: i64,
    read: Instant,
}

impl Clock {
    /// The machine's time.
    pub fn system() -> Clock {
        Clock::new(Source::Running(0))
    }

    /// Stands still until it is stepped.
    pub fn frozen(at_ms: i64) -> Clock {
        Clock::new(Source::Frozen(at_ms))
    }

    /// Runs with the machine, so far off, and further with each step.
    pub fn shifted(offset_ms: i64) -> Clock {
        Clock::new(Source::Running(offset_ms))
    }

    /// Runs with the machine, off by the milliseconds that stand in a file; the file moves it, forwards only.
    pub fn from_file(path: PathBuf) -> io::Result<Clock> {
        let text = std::fs::read_to_string(&path)?;
        let first = offset_in(&text).ok_or_else(|| {
            let reason = format!("{} does not hold a number of milliseconds", path.display());
            io::Error::new(io::ErrorKind::InvalidData, reason)
        })?;
        let offset = Mutex::new(Offset { path, ms: first, read: Instant::now() });
        Ok(Clock::new(Source::File { first, offset }))
    }

    fn new(source: Source) -> Clock {
        Clock(Arc::new(Inner { source, made: Instant::now(), moved: watch::Sender::new(0) }))
    }

    /// UTC milliseconds.
    pub fn now(&self) -> i64 {
        self.reading().0
    }

    /// Progress since the clock was made: never backwards, whatever happens to the wall clock.
    pub fn elapsed(&self) -> Duration {
        self.reading().1
    }

    /// Both readings of one moment: a step in between cannot pull them apart.
    pub fn reading(&self) -> (i64, Duration) {
        let moved = self.moved();
        let (now, runs, moved) = match &self.0.source {
            Source::Frozen(at) => (at.saturating_add(moved), false, moved),
            Source::Running(offset) => (machine().saturating_add(*offset).saturating_add(moved), true, moved),
            Source::File { first, offset } => {
                let offset = reread(offset).ms;
                (machine().saturating_add(offset), true, offset - first)
            }
        };
        let real = if runs { self.0.made.elapsed() } else { Duration::ZERO };
        (now, real + Duration::from_millis(moved.unsigned_abs()))
    }

    /// Moves a frozen or a running clock to an instant; one that is past changes nothing. A clock from a file is moved by its file alone.
    pub fn step_to(&self, at_ms: i64) {
        if matches!(self.0.source, Source::File { .. }) {
            return;
        }
        // Reading the time inside keeps two steps at once from adding up.
        self.0.moved.send_if_modified(|moved| {
            let now = match self.0.source {
                Source::Frozen(at) => at.saturating_add(*moved),
                Source::Running(offset) => machine().saturating_add(offset).saturating_add(*moved),
                Source::File { .. } => return false,
            };
            let ahead = at_ms.saturating_sub(now);
            if ahead > 0 {
                *moved = moved.saturating_add(ahead);
            }
            ahead > 0
        });
    }

    /// Returns when `now()` has reached an instant; a step wakes it.
    pub async fn sleep_until(&self, at_ms: i64) {
        let mut moved = self.0.moved.subscribe();
        loop {
            moved.borrow_and_update();
            let left = at_ms.saturating_sub(self.now());
            if left <= 0 {
                return;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            let nap = match self.0.source {
                Source::Frozen(_) => None,
                Source::Running(_) => Some(left.min(LONGEST_SLEEP)),
                Source::File { .. } => Some(left.min(REREAD)),
            };
            let stepped = moved.changed();
            match nap {
                // The sender lives in this clock, so the channel cannot close while somebody sleeps on it.
                None => drop(stepped.await),
                Some(nap) => tokio::select! {
                    _ = stepped => {}
                    () = tokio::time::sleep(nap) => {}
                },
            }
        }
    }

    fn moved(&self) -> i64 {
        *self.0.moved.borrow()
    }
}

fn machine() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn offset_in(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// The offset of the file, read again when it is old. A file that cannot be read, is half written, or goes backwards leaves it as it was.
fn reread(offset: &Mutex<Offset>) -> MutexGuard<'_, Offset> {
    let mut offset = offset.lock().unwrap_or_else(PoisonError::into_inner);
    if offset.read.elapsed() >= REREAD {
        offset.read = Instant::now();
        if let Some(ms) = std::fs::read_to_string(&offset.path).ok().as_deref().and_then(offset_in) {
            offset.ms = offset.ms.max(ms);
        }
    }
    offset
}

#[cfg(test)]
mod tests;
