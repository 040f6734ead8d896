//! The time, as a value: a civil reading and an elapsed one. Stepping moves both, so that a step is a day lived quickly and not a jump.
//! What is wrong with a clock belongs to the view that somebody has of it: views of one time may differ, and one of them may jump.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::rules::steady::{Look, Steady};

/// The longest sleep at a stretch: the machine's wall clock may be set, or the machine sleep, meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// How often the file of an offset is read again.
const REREAD: Duration = Duration::from_millis(100);

/// Somebody's view of a time. A clone is the same view.
#[derive(Clone)]
pub struct Clock {
    time: Arc<Time>,
    view: Arc<View>,
}

struct Time {
    source: Source,
    made: Instant,
    /// Milliseconds by which this time was moved since it was made; sleepers watch it.
    moved: watch::Sender<i64>,
}

#[derive(Default)]
struct View {
    /// Milliseconds by which the wall reading is wrong: skew, and jumps.
    off: AtomicI64,
    /// Whether the wall reading can be gone by.
    steady: Mutex<Steady>,
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
    /// What is wrong with the wall reading, besides the offset.
    jump: i64,
    read: Instant,
}

/// One moment of a time.
struct Moment {
    wall: i64,
    elapsed: Duration,
    /// By how much the wall reading is wrong.
    off: i64,
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

    /// Runs with the machine, off by the milliseconds that stand in a file; the file moves it, forwards only. A second number
    /// makes the wall reading wrong by so much, to and fro, while elapsed time goes on as before: "3600000 90000". Whoever
    /// writes the file puts a new one in its place, so that nobody reads half of it.
    pub fn from_file(path: PathBuf) -> io::Result<Clock> {
        let text = std::fs::read_to_string(&path)?;
        let (first, jump) = offset_in(&text).ok_or_else(|| {
            let reason = format!("{} does not hold a number of milliseconds", path.display());
            io::Error::new(io::ErrorKind::InvalidData, reason)
        })?;
        let offset = Mutex::new(Offset { path, ms: first, jump, read: Instant::now() });
        Ok(Clock::new(Source::File { first, offset }))
    }

    fn new(source: Source) -> Clock {
        let time = Time { source, made: Instant::now(), moved: watch::Sender::new(0) };
        Clock { time: Arc::new(time), view: Arc::default() }
    }

    /// Another view of the same time, off by so many milliseconds against this one, that has not been looked at yet: the
    /// clock of a replica, or of a process that starts anew.
    pub fn skewed(&self, ms: i64) -> Clock {
        let off = self.view.off.load(Ordering::SeqCst).saturating_add(ms);
        Clock { time: self.time.clone(), view: Arc::new(View { off: AtomicI64::new(off), ..View::default() }) }
    }

    /// The wall reading of this view jumps, forwards or back; elapsed time and other views do not.
    pub fn jump_by(&self, ms: i64) {
        self.view.off.fetch_add(ms, Ordering::SeqCst);
        // Sleepers look again.
        self.time.moved.send_modify(|_| {});
    }

    /// UTC milliseconds: the wall reading, or what it should be by elapsed time while a jump is not believed.
    pub fn now(&self) -> i64 {
        let (wall, elapsed) = self.reading();
        self.steady().now(wall, ms(elapsed))
    }

    /// The same, if it can be gone by, with the elapsed time of that moment; None while nothing is done by the time.
    pub fn trusted(&self) -> Option<(i64, Duration)> {
        let (wall, elapsed) = self.reading();
        let trusted = self.steady().trusts(wall, ms(elapsed));
        trusted.then_some((wall, elapsed))
    }

    /// Looks whether the wall clock goes steadily. The ticker does; each of its looks counts.
    pub fn look(&self) -> Look {
        let (wall, elapsed) = self.reading();
        self.steady().look(wall, ms(elapsed))
    }

    /// Another machine's clock was compared with this one, which is ahead by so many milliseconds.
    pub fn compared(&self, ahead: i64) {
        self.steady().compared(ahead);
    }

    /// By how many milliseconds this clock was last found to be ahead of the database's; None where it was never compared.
    pub fn ahead(&self) -> Option<i64> {
        self.steady().ahead()
    }

    /// Progress since the time was made: never backwards, whatever happens to the wall clock.
    pub fn elapsed(&self) -> Duration {
        self.reading().1
    }

    /// Both raw readings of one moment: a step in between cannot pull them apart.
    pub fn reading(&self) -> (i64, Duration) {
        let moment = self.moment();
        (moment.wall, moment.elapsed)
    }

    /// What this clock makes of the machine's present, to compare it with another machine's clock. Where a test moved the
    /// time on purpose, that is left out; what is wrong with the clock (skew, jumps) is in it.
    pub fn of_this_machine(&self) -> i64 {
        machine().saturating_add(self.moment().off)
    }

    fn moment(&self) -> Moment {
        let off = self.view.off.load(Ordering::SeqCst);
        let moved = *self.time.moved.borrow();
        let (right, runs, moved, off) = match &self.time.source {
            Source::Frozen(at) => (at.saturating_add(moved), false, moved, off),
            Source::Running(offset) => (machine().saturating_add(*offset).saturating_add(moved), true, moved, off),
            Source::File { first, offset } => {
                let file = reread(offset);
                (machine().saturating_add(file.ms), true, file.ms - first, off.saturating_add(file.jump))
            }
        };
        let real = if runs { self.time.made.elapsed() } else { Duration::ZERO };
        let elapsed = real + Duration::from_millis(moved.unsigned_abs());
        Moment { wall: right.saturating_add(off), elapsed, off }
    }

    /// Moves a frozen or a running clock to an instant; one that is past changes nothing. A clock from a file is moved by its file alone.
    pub fn step_to(&self, at_ms: i64) {
        let right = at_ms.saturating_sub(self.view.off.load(Ordering::SeqCst));
        // Reading the time inside keeps two steps at once from adding up.
        self.time.moved.send_if_modified(|moved| {
            let now = match self.time.source {
                Source::Frozen(at) => at.saturating_add(*moved),
                Source::Running(offset) => machine().saturating_add(offset).saturating_add(*moved),
                Source::File { .. } => return false,
            };
            let ahead = right.saturating_sub(now);
            if ahead > 0 {
                *moved = moved.saturating_add(ahead);
            }
            ahead > 0
        });
    }

    /// Returns when `now()` has reached an instant, or as much time has elapsed as was left until it: a wall clock that is
    /// set back must not put anybody to sleep for long. A step wakes it.
    pub async fn sleep_until(&self, at_ms: i64) {
        let mut moved = self.time.moved.subscribe();
        let wakes_at = ms(self.elapsed()).saturating_add(at_ms.saturating_sub(self.now()).max(0));
        loop {
            moved.borrow_and_update();
            let left = at_ms.saturating_sub(self.now()).min(wakes_at.saturating_sub(ms(self.elapsed())));
            if left <= 0 {
                return;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            let nap = match self.time.source {
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

    fn steady(&self) -> MutexGuard<'_, Steady> {
        self.view.steady.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ms(elapsed: Duration) -> i64 {
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

fn machine() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ms(since)
}

/// One number or two.
fn offset_in(text: &str) -> Option<(i64, i64)> {
    let mut numbers = text.split_whitespace().map(|number| number.parse().ok());
    let offset = numbers.next()??;
    let jump = numbers.next().map_or(Some(0), |number| number)?;
    numbers.next().is_none().then_some((offset, jump))
}

/// The offset of the file, read again when it is old. A file that cannot be read, is half written, or goes backwards leaves it as it was.
fn reread(offset: &Mutex<Offset>) -> MutexGuard<'_, Offset> {
    let mut offset = offset.lock().unwrap_or_else(PoisonError::into_inner);
    if offset.read.elapsed() >= REREAD {
        offset.read = Instant::now();
        let read = std::fs::read_to_string(&offset.path).ok().as_deref().and_then(offset_in);
        if let Some((ms, jump)) = read.filter(|(ms, _)| *ms >= offset.ms) {
            (offset.ms, offset.jump) = (ms, jump);
        }
    }
    offset
}

#[cfg(test)]
mod tests;
