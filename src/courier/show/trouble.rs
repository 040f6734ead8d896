//! What a manager reads of a trouble, as it is now.

use crate::rules::id::{ChannelId, TeamId, UserId};
use crate::rules::keys::Kind;
use crate::rules::message::is_person;
use crate::rules::shown::{TroubleShown, Whither};
use crate::rules::trouble::Trouble;
use crate::store::message::Row;
use crate::store::{self, Result, Tx};

pub async fn shown(tx: &mut Tx, id: &str) -> Result<TroubleShown> {
    let told = store::trouble::get(tx, id).await?;
    let mut shown = TroubleShown {
        over: told.over_at.is_some(),
        team: String::new(),
        moved: false,
        person: String::new(),
        closed: false,
        asked: Vec::new(),
        priorities: 0,
        messages: Vec::new(),
        trouble: told.trouble,
    };
    if !told.team.as_str().is_empty() {
        let team = store::people::team(tx, &told.team).await?;
        shown.moved = team.retired || shown.trouble.channel().is_some_and(|channel| team.channel != *channel);
        shown.team = team.name;
    }
    if let Trouble::Person(person) = shown.trouble.clone() {
        left_behind(tx, &told.team, &person, &mut shown).await?;
    }
    for row in store::message::of_trouble(tx, id).await? {
        shown.messages.extend(named(tx, &row).await?);
    }
    Ok(shown)
}

async fn left_behind(tx: &mut Tx, team: &TeamId, person: &UserId, shown: &mut TroubleShown) -> Result<()> {
    let who = store::people::person(tx, person).await?;
    (shown.person, shown.closed) = (who.name, who.deleted);
    shown.asked = store::stuck::asked_by(tx, team, person).await?.into_iter().map(|stuck| stuck.what).collect();
    for check_in in store::check_in::current(tx, person).await? {
        if check_in.team == *team && check_in.running(tx.now) {
            let list = store::priority::list(tx, &check_in.id).await?;
            shown.priorities += list.iter().filter(|line| line.priority.stuck.is_none()).count();
        }
    }
    Ok(())
}

/// What a message is and where it goes; None for a kind that only a newer version knows.
async fn named(tx: &mut Tx, row: &Row) -> Result<Option<(Kind, Whither)>> {
    let Some(kind) = Kind::read(&row.kind) else { return Ok(None) };
    let whither = if is_person(&row.place) {
        Whither::Person(store::people::person(tx, &row.place.as_str().into()).await?.name)
    } else {
        Whither::Channel(ChannelId(row.place.clone()))
    };
    Ok(Some((kind, whither)))
}
