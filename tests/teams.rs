//! Teams files for the tests: a team is told by what it has of its own.

use crate::world::{SUPPORT, ZONE};
use std::fmt;

/// A team with one shift. As it stands by default: Tier 1 in #support, Jess manages, Ana from 06:00 to 14:00.
#[derive(Clone, Copy)]
pub struct Team<'a> {
    pub name: &'a str,
    pub channel: &'a str,
    pub zone: &'a str,
    pub manager: &'a str,
    pub shift: &'a str,
    /// A cron pattern.
    pub starts: &'a str,
    pub hours: u32,
    /// What else the file says of the shift, in its words.
    pub more: &'a str,
    pub agents: &'a [&'a str],
}

impl Default for Team<'_> {
    fn default() -> Self {
        Team {
            name: "Tier 1",
            channel: SUPPORT,
            zone: ZONE,
            manager: "U0JESS",
            shift: "Early",
            starts: "0 6 * * Mon-Fri",
            hours: 8,
            more: "",
            agents: &["U0ANA"],
        }
    }
}

impl fmt::Display for Team<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Team { name, channel, zone, manager, shift, starts, hours, more, agents } = self;
        writeln!(
            f,
            "\n[[team]]\nname = {name:?}\nchannel = {channel:?}\ntimezone = {zone:?}\nmanagers = [{manager:?}]"
        )?;
        writeln!(f, "\n[[team.shift]]\nname = {shift:?}\nstarts = {starts:?}\nhours = {hours}\n{more}")?;
        writeln!(f, "agents = {agents:?}")
    }
}
