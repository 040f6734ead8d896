//! Chapter three: the one channel message of a huddle.

use super::{stuck, wanted};
use crate::rules::check_in::State;
use crate::rules::huddle::{self, HuddleState, Later, Step};
use crate::rules::id::HuddleId;
use crate::rules::people::Team;
use crate::rules::stuck::{Size, State as StuckState};
use crate::store::shift::Huddle;
use crate::store::{self, Result, Tx};

/// Huddles whose first window has closed.
pub async fn due(tx: &mut Tx) -> Result<Vec<HuddleId>> {
    store::shift::huddles_due(tx).await
}

/// Does with a huddle what its time has come for.
pub async fn consider(tx: &mut Tx, id: &HuddleId) -> Result<()> {
    // Two last answers at the same time: the second to come here must see the first.
    let held = store::shift::hold_huddle(tx, id).await;
    // One that cannot be read waits for whoever can; its people are heard all the same.
    let Some(mut huddle) = store::unless_unreadable(held)? else { return Ok(()) };
    if huddle.state == HuddleState::Posted {
        return Ok(());
    }
    let check_ins = store::check_in::of_huddle(tx, id).await?;
    let mut later = Later::NotLookedFor;
    loop {
        match huddle::next(huddle.state, huddle.digest_at, &check_ins, later, tx.now) {
            Step::Nothing => return Ok(()),
            Step::Post => return post(tx, &huddle).await,
            Step::Skip(reason) => return skip(tx, &huddle, reason).await,
            Step::GatherAgain => {
                store::shift::gather_again(tx, &huddle).await?;
                huddle = store::shift::huddle(tx, id).await?;
            }
            Step::LookWhoStartsLater => {
                let first = store::shift::start_later(tx, &huddle).await?.first().copied();
                later = first.map_or(Later::Nobody, Later::From);
            }
            Step::WaitFor(start) => {
                let collect = store::shift::get(tx, &huddle.shift).await?.collect_ms;
                return store::shift::postpone(tx, &huddle, start + collect).await;
            }
        }
    }
}

async fn post(tx: &mut Tx, huddle: &Huddle) -> Result<()> {
    let team = store::people::team(tx, &huddle.team).await?;
    store::shift::posted(tx, huddle).await?;
    store::shift::tell_of_skipped(tx, huddle).await?;
    wanted::digest(tx, huddle, &team).await?;
    open_threads(tx, huddle, &team).await?;
    let check_ins = store::check_in::of_huddle(tx, &huddle.id).await?;
    let waiting: Vec<_> = check_ins.into_iter().filter(|one| one.state != State::Excused).map(|one| one.id).collect();
    wanted::raise_posted(tx, &waiting).await
}

/// No digest: the next one tells of it. Whoever is stuck must not wait for that.
async fn skip(tx: &mut Tx, huddle: &Huddle, reason: &str) -> Result<()> {
    let team = store::people::team(tx, &huddle.team).await?;
    store::shift::skipped(tx, huddle, reason).await?;
    for mut one in store::stuck::of_huddle(tx, &huddle.id).await? {
        if one.state == StuckState::Open && one.opened_at.is_none() {
            stuck::open_thread(tx, &mut one, &team).await?;
        }
    }
    Ok(())
}

async fn open_threads(tx: &mut Tx, huddle: &Huddle, team: &Team) -> Result<()> {
    for mut one in store::stuck::of_huddle(tx, &huddle.id).await? {
        if one.state != StuckState::Open {
            continue;
        }
        // Nobody said how much help it is: it counts as more than a minute.
        let size = one.size.unwrap_or(Size::More);
        if one.size != Some(size) {
            one.size = Some(size);
            store::stuck::keep(tx, &one).await?;
            one.version += 1;
        }
        if size == Size::More && one.opened_at.is_none() {
            stuck::open_thread(tx, &mut one, team).await?;
        }
    }
    Ok(())
}
