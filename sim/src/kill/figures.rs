//! What a run came to.

use std::fmt;
use std::ops::AddAssign;

#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub kills: u64,
    pub freezes: u64,
    pub stops: u64,
    pub jumps: u64,
    pub starts: u64,
    /// The program ended by itself at its start, because Slack did not tell who it is.
    pub refused_starts: u64,
    /// The longest time from SIGTERM to the end, in real milliseconds.
    pub longest_stop_ms: u64,
    pub worlds: u64,
    pub days: u64,
    pub check_ins: u64,
    pub posts: u64,
    pub edits: u64,
    /// Posts that Slack had recorded and a second one was made of nevertheless; none is left at the end.
    pub second_copies: u64,
    pub looks: u64,
    pub faults: u64,
    pub acks: u64,
    pub unacked: u64,
    /// Unique words of acknowledged lines and forms that were looked for in a digest, and of outcomes in a help thread.
    pub answers: u64,
    pub outcomes: u64,
    pub taken: u64,
    pub checks: u64,
}

impl AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, more: &Figures) {
        self.kills += more.kills;
        self.freezes += more.freezes;
        self.stops += more.stops;
        self.jumps += more.jumps;
        self.starts += more.starts;
        self.refused_starts += more.refused_starts;
        self.longest_stop_ms = self.longest_stop_ms.max(more.longest_stop_ms);
        self.worlds += more.worlds;
        self.days += more.days;
        self.check_ins += more.check_ins;
        self.posts += more.posts;
        self.edits += more.edits;
        self.second_copies += more.second_copies;
        self.looks += more.looks;
        self.faults += more.faults;
        self.acks += more.acks;
        self.unacked += more.unacked;
        self.answers += more.answers;
        self.outcomes += more.outcomes;
        self.taken += more.taken;
        self.checks += more.checks;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "kills {} · freezes {} · stops {} (the longest {} ms) · jumps of the clock {}",
            self.kills, self.freezes, self.stops, self.longest_stop_ms, self.jumps
        )?;
        writeln!(
            f,
            "starts {} ({} refused by Slack) · worlds {} · days {} · check-ins {}",
            self.starts, self.refused_starts, self.worlds, self.days, self.check_ins
        )?;
        writeln!(
            f,
            "posts {} · edits {} · second copies made and removed {} · looks in the history {}",
            self.posts, self.edits, self.second_copies, self.looks
        )?;
        writeln!(
            f,
            "calls that went wrong {} · acknowledged {} · not acknowledged {}",
            self.faults, self.acks, self.unacked
        )?;
        write!(
            f,
            "answers found {} · outcomes found {} · stucks taken {} · checks passed {}",
            self.answers, self.outcomes, self.taken, self.checks
        )
    }
}
