//! Chapter three: the one channel message of a huddle.

use super::{stuck, wanted};
use crate::rules::check_in::{AWAY, DOWN, LATE, State};
use crate::rules::id::HuddleId;
use crate::rules::people::Team;
use crate::rules::stuck::{Size, State as StuckState};
use crate::store::shift::{Huddle, HuddleState};
use crate::store::{self, Result, Tx};

/// Huddles whose first window has closed.
pub async fn due(tx: &mut Tx) -> Result<Vec<HuddleId>> {
    store::shift::huddles_due(tx).await
}

/// Posts the digest if its time has come: everybody due has answered or is excused, or the first window has closed,
/// whichever is first, however few answered.
pub async fn consider(tx: &mut Tx, id: &HuddleId) -> Result<()> {
    // Two last answers at the same time: the second to come here must see the first.
    let mut huddle = store::shift::hold_huddle(tx, id).await?;
    if huddle.state == HuddleState::Posted {
        return Ok(());
    }
    let check_ins = store::check_in::of_huddle(tx, id).await?;
    if huddle.state == HuddleState::Skipped {
        let answered = check_ins.iter().any(|check_in| check_in.state == State::Answered);
        if !answered || tx.now > huddle.digest_at + wanted::DIGEST_GRACE {
            return Ok(());
        }
        // Everybody was away, and somebody came back.
        store::shift::gather_again(tx, &huddle).await?;
        huddle = store::shift::huddle(tx, id).await?;
    }
    let waiting = check_ins.iter().any(|check_in| check_in.state == State::Asked);
    let counted = check_ins.iter().any(|check_in| check_in.state != State::Excused);
    let closed = tx.now >= huddle.digest_at;
    if counted && waiting && !closed {
        return Ok(());
    }
    if tx.now > huddle.digest_at + wanted::DIGEST_GRACE {
        return skip(tx, &huddle, LATE).await;
    }
    if counted {
        return post(tx, &huddle).await;
    }
    // Everybody so far is away: somebody in a zone further west may still start.
    match store::shift::start_later(tx, &huddle).await?.first() {
        Some(start) if closed => {
            let collect = store::shift::get(tx, &huddle.shift).await?.collect_ms;
            store::shift::postpone(tx, &huddle, start + collect).await
        }
        Some(_) => Ok(()),
        None if closed || !check_ins.is_empty() => {
            let down = check_ins.iter().any(|check_in| check_in.reason == DOWN);
            skip(tx, &huddle, if down { DOWN } else { AWAY }).await
        }
        None => Ok(()),
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
