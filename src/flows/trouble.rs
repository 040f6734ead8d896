//! What keeps messages from going out: begun once, told to the managers once, and over when messages go out again.

use super::wanted;
use crate::rules::id::{ChannelId, MessageKey, TeamId, UserId};
use crate::rules::keys::{self, Kind};
use crate::rules::message::OVER;
use crate::rules::trouble::{Sign, Told, Trouble};
use crate::store::message::Row;
use crate::store::{self, Result, Tx};

/// A dead one of which nobody need be told.
const NOBODY: &str = "-";

/// What there is to look into; each in a transaction of its own.
#[derive(Clone, Debug)]
pub enum Sight {
    /// A message died.
    Dead(MessageKey),
    /// A trouble shows itself: where, and when it was met.
    Shows(TeamId, Trouble, i64),
    /// The trouble of this id is over.
    Over(String),
}

/// Messages died, or cannot go out, or can again.
pub async fn due(tx: &mut Tx) -> Result<Vec<Sight>> {
    let dead = store::message::unlooked(tx).await?.into_iter().map(|row| Sight::Dead(row.key));
    let mut due: Vec<Sight> = dead.collect();
    due.extend(changes(tx).await?);
    Ok(due)
}

pub async fn run(tx: &mut Tx, sight: &Sight) -> Result<()> {
    match sight {
        Sight::Dead(key) => {
            let row = store::message::get(tx, key).await?;
            let told = look_over(tx, &row).await?;
            store::message::look_over(tx, key, told.as_deref().unwrap_or(NOBODY)).await
        }
        Sight::Shows(team, trouble, at) => shows(tx, team, trouble, *at).await.map(drop),
        Sight::Over(id) => {
            let told = store::trouble::get(tx, id).await?;
            // It may show itself again since it was found to be over.
            if is_over(tx, &told).await? { over(tx, &told).await } else { Ok(()) }
        }
    }
}

/// The trouble that killed a message; None where nobody need be told, or nobody can be.
async fn look_over(tx: &mut Tx, row: &Row) -> Result<Option<String>> {
    let Some(trouble) = Trouble::of(&row.progress.last_error, &row.place) else { return Ok(None) };
    // A manager who cannot be told of a trouble is not a trouble of its own.
    if row.kind == Kind::Trouble.word() {
        return Ok(None);
    }
    let of_message = store::trouble::team_of(tx, &row.subject).await?;
    let teams = match &trouble {
        Trouble::Token => vec![TeamId(String::new())],
        Trouble::Archived(channel) | Trouble::Left(channel) | Trouble::Unseen(channel) => teams_at(tx, channel)
            .await?
            .into_iter()
            .filter(|team| of_message.as_ref().is_none_or(|of| of == team))
            .collect(),
        Trouble::Person(person) => store::trouble::teams_with(tx, person).await?,
        Trouble::Unposted => of_message.into_iter().collect(),
    };
    let met_at = row.progress.last_try_at.unwrap_or(tx.now);
    let mut told = None;
    for team in teams {
        told = shows(tx, &team, &trouble, met_at).await?.or(told);
    }
    Ok(told)
}

/// Teams in use that post in a channel.
async fn teams_at(tx: &mut Tx, channel: &ChannelId) -> Result<Vec<TeamId>> {
    let teams = store::people::teams(tx).await?.into_iter();
    Ok(teams.filter(|team| !team.retired && team.channel == *channel).map(|team| team.id).collect())
}

/// What waits after an error that only somebody outside can mend, and what is over.
async fn changes(tx: &mut Tx) -> Result<Vec<Sight>> {
    let mut changes = Vec::new();
    for (place, last_error, at) in store::message::stalled(tx).await? {
        let teams = match Trouble::of(&last_error, &place) {
            Some(trouble @ Trouble::Token) => vec![(TeamId(String::new()), trouble)],
            Some(trouble @ Trouble::Left(_)) => {
                let teams = teams_at(tx, &ChannelId(place.clone())).await?.into_iter();
                teams.map(|team| (team, trouble.clone())).collect()
            }
            _ => continue,
        };
        for (team, trouble) in teams {
            let Some(known) = store::unless_unreadable(store::trouble::latest(tx, &team, &trouble).await)? else {
                continue;
            };
            if known.is_none_or(|known| known.sign(at, tx.now) == Sign::New) {
                changes.push(Sight::Shows(team, trouble, at));
            }
        }
    }
    for told in store::trouble::standing(tx).await? {
        if store::unless_unreadable(is_over(tx, &told).await)? == Some(true) {
            changes.push(Sight::Over(told.id));
        }
    }
    Ok(changes)
}

/// Begins a trouble, unless it is known, and tells the managers; returns which it is.
async fn shows(tx: &mut Tx, team: &TeamId, trouble: &Trouble, at: i64) -> Result<Option<String>> {
    if let Some(known) = store::trouble::latest(tx, team, trouble).await? {
        let sign = known.sign(at, tx.now);
        if sign == Sign::Again {
            store::trouble::end(tx, &known.id, None).await?;
        }
        if sign != Sign::New {
            raise(tx, &known).await?;
            return Ok(Some(known.id));
        }
    }
    let told = store::trouble::begin(tx, team, trouble).await?;
    for manager in managers(tx, team).await? {
        wanted::trouble(tx, &told.id, &manager).await?;
    }
    Ok(Some(told.id))
}

async fn managers(tx: &mut Tx, team: &TeamId) -> Result<Vec<UserId>> {
    Ok(store::people::members(tx, team).await?.managers())
}

/// What was said of it may be said otherwise now.
async fn raise(tx: &mut Tx, told: &Told) -> Result<()> {
    let said = store::message::of_subject(tx, &told.id).await?;
    let keys: Vec<_> = said.into_iter().map(|row| row.root).collect();
    store::message::raise(tx, &keys).await.map(|_| ())
}

/// It is over: what was said of it says so, and what nobody has been told yet is not told any more.
async fn over(tx: &mut Tx, told: &Told) -> Result<()> {
    let now = tx.now;
    store::trouble::end(tx, &told.id, Some(now)).await?;
    for manager in managers(tx, &told.team).await? {
        store::message::cancel(tx, &keys::trouble(&told.id, &manager), OVER).await?;
    }
    raise(tx, told).await
}

async fn is_over(tx: &mut Tx, told: &Told) -> Result<bool> {
    let since = told.since_at;
    match &told.trouble {
        Trouble::Archived(channel) | Trouble::Left(channel) | Trouble::Unseen(channel) => {
            let team = store::people::team(tx, &told.team).await?;
            let moved = team.retired || team.channel != *channel;
            Ok(moved || store::message::place_is_reached(tx, Some(channel.as_str()), since).await?)
        }
        Trouble::Person(person) => {
            let members = store::people::members(tx, &told.team).await?;
            let closed = store::people::person(tx, person).await?.deleted;
            let reached = !closed && store::message::place_is_reached(tx, Some(person.as_str()), since).await?;
            Ok(reached || !members.works(person))
        }
        Trouble::Unposted => Ok(store::message::of_trouble(tx, &told.id).await?.is_empty()),
        Trouble::Token => store::message::place_is_reached(tx, None, since).await,
    }
}

/// Slack says that a channel was archived.
pub async fn archived(tx: &mut Tx, channel: &ChannelId) -> Result<()> {
    in_channel(tx, &Trouble::Archived(channel.clone()), channel).await
}

/// Slack says that we are not in a channel any more.
pub async fn left(tx: &mut Tx, channel: &ChannelId) -> Result<()> {
    in_channel(tx, &Trouble::Left(channel.clone()), channel).await
}

async fn in_channel(tx: &mut Tx, trouble: &Trouble, channel: &ChannelId) -> Result<()> {
    let now = tx.now;
    for team in teams_at(tx, channel).await? {
        shows(tx, &team, trouble, now).await?;
    }
    Ok(())
}

/// Slack says that our token is worth nothing any more. Nobody can be told in Slack: the log, `/ready` and `unstuck check` say it.
pub async fn token(tx: &mut Tx) -> Result<()> {
    let now = tx.now;
    shows(tx, &TeamId(String::new()), &Trouble::Token, now).await.map(|_| ())
}

/// The token works: what waited after it was refused is tried again in its turn.
pub async fn token_works(tx: &mut Tx) -> Result<()> {
    for told in store::trouble::standing(tx).await? {
        if told.trouble == Trouble::Token {
            over(tx, &told).await?;
        }
    }
    Ok(())
}

/// Whether somebody leaves something behind in a team that others must see to.
pub async fn leaves_something(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<bool> {
    let taken = store::stuck::taken_by(tx, person).await?.iter().any(|stuck| stuck.team == *team);
    let asked = !store::stuck::asked_by(tx, team, person).await?.is_empty();
    Ok(taken || asked || priorities(tx, team, person).await? > 0)
}

/// How many priorities stand on somebody's list of the running shift in a team.
async fn priorities(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<usize> {
    let mut open = 0;
    for check_in in store::check_in::current(tx, person).await? {
        if check_in.team == *team && check_in.running(tx.now) {
            let list = store::priority::list(tx, &check_in.id).await?;
            open += list.iter().filter(|line| line.priority.stuck.is_none()).count();
        }
    }
    Ok(open)
}

/// The account of somebody who leaves something behind was closed.
pub async fn account_closed(tx: &mut Tx, team: &TeamId, person: &UserId) -> Result<()> {
    let now = tx.now;
    shows(tx, team, &Trouble::Person(person.clone()), now).await.map(|_| ())
}
