//! Who is who in a team.

use super::id::{ChannelId, TeamId, UserId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Agent,
    Manager,
    Observer,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Manager => "manager",
            Role::Observer => "observer",
        }
    }

    pub fn read(word: &str) -> Option<Role> {
        [Role::Agent, Role::Manager, Role::Observer].into_iter().find(|role| role.word() == word)
    }
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub channel: ChannelId,
    /// IANA name.
    pub zone: String,
    pub retired: bool,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    /// IANA name; empty until Slack has told.
    pub zone: String,
    pub deleted: bool,
}

/// The people of one team and their roles; who is not in here is an outsider.
#[derive(Clone, Debug, Default)]
pub struct Members(pub Vec<(UserId, Role)>);

impl Members {
    pub fn is(&self, person: &UserId, role: Role) -> bool {
        self.0.iter().any(|(who, what)| who == person && *what == role)
    }

    /// Agents and managers do the work; observers read.
    pub fn works(&self, person: &UserId) -> bool {
        self.is(person, Role::Agent) || self.is(person, Role::Manager)
    }

    pub fn managers(&self) -> Vec<UserId> {
        self.0.iter().filter(|(_, role)| *role == Role::Manager).map(|(who, _)| who.clone()).collect()
    }
}
