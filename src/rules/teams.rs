//! The teams as the operator wants them.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamsFile {
    pub teams: Vec<TeamSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamSpec {
    pub name: String,
    /// Slack's channel id.
    pub channel: String,
    /// An IANA name.
    pub zone: String,
    /// Slack's user ids, as in `observers` and `agents`.
    pub managers: Vec<String>,
    pub observers: Vec<String>,
    pub shifts: Vec<ShiftSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftSpec {
    pub name: String,
    /// The text of a `shift::Pattern`.
    pub starts: String,
    pub minutes: i64,
    pub agents: Vec<String>,
    pub zone: ShiftZone,
    pub collect_ms: i64,
}

/// Whose clock a shift's start is read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShiftZone {
    Team,
    /// Each agent's own, as Slack knows it.
    Agent,
    /// An IANA name.
    Named(String),
}
