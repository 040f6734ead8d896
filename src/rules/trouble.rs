//! What keeps messages from going out for longer than a back-off, and so must be told to somebody who can mend it.

use super::id::{ChannelId, TeamId, UserId};
use super::message::{Death, death};

/// Messages that died within this time of the first one are told of together: one direct message an hour at most.
pub const TOGETHER: i64 = 3_600_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The channel was archived.
    Archived(ChannelId),
    /// We were removed from the channel.
    Left(ChannelId),
    /// The channel is gone, or private and without us.
    Unseen(ChannelId),
    /// The account of somebody in the team was closed.
    Person(UserId),
    /// Messages that cannot be rendered, or that Slack refuses for what they are.
    Unposted,
    /// Slack refuses the token: nobody can be told in Slack.
    Token,
}

impl Trouble {
    pub fn word(&self) -> &'static str {
        match self {
            Trouble::Archived(_) => "archived",
            Trouble::Left(_) => "left",
            Trouble::Unseen(_) => "unseen",
            Trouble::Person(_) => "person",
            Trouble::Unposted => "unposted",
            Trouble::Token => "token",
        }
    }

    /// The channel or the person.
    pub fn subject(&self) -> &str {
        match self {
            Trouble::Archived(channel) | Trouble::Left(channel) | Trouble::Unseen(channel) => channel.as_str(),
            Trouble::Person(person) => person.as_str(),
            Trouble::Unposted | Trouble::Token => "",
        }
    }

    pub fn read(word: &str, subject: &str) -> Option<Trouble> {
        Some(match word {
            "archived" => Trouble::Archived(subject.into()),
            "left" => Trouble::Left(subject.into()),
            "unseen" => Trouble::Unseen(subject.into()),
            "person" => Trouble::Person(subject.into()),
            "unposted" => Trouble::Unposted,
            "token" => Trouble::Token,
            _ => return None,
        })
    }

    /// What the last error of a message at this place tells; None where nobody need be told.
    pub fn of(last_error: &str, place: &str) -> Option<Trouble> {
        match death(last_error, place) {
            Death::Archived => Some(Trouble::Archived(place.into())),
            Death::Left => Some(Trouble::Left(place.into())),
            Death::Unseen => Some(Trouble::Unseen(place.into())),
            Death::NoAccount => Some(Trouble::Person(place.into())),
            Death::Token => Some(Trouble::Token),
            Death::Poison | Death::MaybePosted | Death::Refused => Some(Trouble::Unposted),
            Death::NotOwed | Death::Expired | Death::Deleted => None,
        }
    }

    pub fn channel(&self) -> Option<&ChannelId> {
        match self {
            Trouble::Archived(channel) | Trouble::Left(channel) | Trouble::Unseen(channel) => Some(channel),
            Trouble::Person(_) | Trouble::Unposted | Trouble::Token => None,
        }
    }
}

/// One trouble of one team, from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    /// Empty for what concerns the whole workspace.
    pub team: TeamId,
    pub trouble: Trouble,
    pub since_at: i64,
    pub over_at: Option<i64>,
}

/// What a sign of trouble at an instant means, given the latest one of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is the one that is known.
    Known,
    /// Messages go on dying soon after others: it is the same again, and nobody is told twice.
    Again,
    New,
}

impl Told {
    pub fn sign(&self, at: i64, now: i64) -> Sign {
        match (&self.trouble, self.over_at) {
            (Trouble::Unposted, over) if now < self.since_at + TOGETHER => {
                if over.is_some() {
                    Sign::Again
                } else {
                    Sign::Known
                }
            }
            (Trouble::Unposted, _) => Sign::New,
            (_, None) => Sign::Known,
            // An error that was met before the end of it.
            (_, Some(over_at)) if at <= over_at => Sign::Known,
            (_, Some(_)) => Sign::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_told_of_an_error() {
        let channel = || ChannelId::from("C1");
        for (error, place, trouble) in [
            ("is_archived", "C1", Some(Trouble::Archived(channel()))),
            ("not_in_channel", "C1", Some(Trouble::Left(channel()))),
            ("channel_not_found", "C1", Some(Trouble::Unseen(channel()))),
            ("channel_not_found", "U1", Some(Trouble::Person("U1".into()))),
            ("user_disabled", "U1", Some(Trouble::Person("U1".into()))),
            ("token_revoked", "C1", Some(Trouble::Token)),
            ("account_inactive", "U1", Some(Trouble::Token)),
            ("invalid_blocks", "C1", Some(Trouble::Unposted)),
            ("msg_too_long", "U1", Some(Trouble::Unposted)),
            ("poison: its view panicked", "U1", Some(Trouble::Unposted)),
            ("poison", "U1", Some(Trouble::Unposted)),
            ("expired", "C1", None),
            ("deleted", "C1", None),
            ("answered before it was due", "U1", None),
            ("a later shift has begun", "U1", None),
        ] {
            assert_eq!(Trouble::of(error, place), trouble, "{error} at {place}");
        }
    }

    #[test]
    fn it_is_told_again_only_if_it_went_away_and_came_back() {
        let told = |trouble, over_at| Told { id: "t".into(), team: "t".into(), trouble, since_at: 100, over_at };
        let archived = || Trouble::Archived("C1".into());
        assert_eq!(told(archived(), None).sign(5_000_000, 5_000_000), Sign::Known);
        assert_eq!(told(archived(), Some(200)).sign(150, 5_000_000), Sign::Known, "an old error, seen late");
        assert_eq!(told(archived(), Some(200)).sign(201, 201), Sign::New);
        assert_eq!(told(Trouble::Unposted, None).sign(200, 100 + TOGETHER - 1), Sign::Known);
        assert_eq!(told(Trouble::Unposted, Some(150)).sign(200, 200), Sign::Again);
        assert_eq!(told(Trouble::Unposted, None).sign(200, 100 + TOGETHER), Sign::New);
    }

    proptest! {
        #[test]
        fn any_error_can_be_read(error in "\\PC{0,40}", place in "[CUDW][A-Z0-9]{0,8}") {
            if let Some(trouble) = Trouble::of(&error, &place) {
                prop_assert_eq!(Trouble::read(trouble.word(), trouble.subject()), Some(trouble.clone()));
            }
        }
    }
}
