//! Typed lines as rows: each line of a message is found again after an edit, so that a priority or a stuck keeps its
//! identity, and what is gone is gone in its own way.

use super::super::{stuck, wanted};
use crate::rules::answer::{Filed, Line};
use crate::rules::check_in::{CheckIn, Priority, Source};
use crate::rules::huddle::HuddleState;
use crate::rules::id::{PriorityId, StuckId, Ts, UserId, derive};
use crate::rules::lines;
use crate::rules::stuck::{self as stuck_rules, Decision, Size, State as StuckState, Stuck, What};
use crate::store::{self, Result, Tx};

/// The typed lines that count as priorities become rows; rows are found again line by line.
pub(super) async fn follow_priorities(tx: &mut Tx, check_in: &CheckIn, typed: &[Line]) -> Result<()> {
    let workspace = tx.workspace.clone();
    let rows = store::priority::given_in(tx, &check_in.id).await?;
    let taken_ids: Vec<String> = rows.iter().map(|row| row.id.0.clone()).collect();
    let mut used = taken_ids.clone();
    let known = rows.iter().filter_map(|row| Some((row, row.source.clone()?, row.gone && row.follows)));
    let pairs = pair(known.collect(), typed, |line| line.filed == Filed::Priority);
    let there = store::priority::positions(tx, &check_in.id).await?;
    for (row, line) in pairs {
        match (row, line) {
            (Some(row), Some((at, line))) => {
                let mut now = row.clone();
                now.source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                now.position = place_of(check_in, line, at);
                if now.follows {
                    now.text = line.text.clone();
                    now.gone = false;
                    if there.get(&now.id) != Some(&now.position) {
                        store::priority::put_on(tx, &check_in.id, &now.id, now.position).await?;
                    }
                }
                if now != *row {
                    store::priority::keep(tx, &check_in.team, &now).await?;
                }
            }
            (Some(row), None) if row.follows && !row.gone => {
                let gone = Priority { gone: true, ..row.clone() };
                store::priority::keep(tx, &check_in.team, &gone).await?;
                store::priority::take_off(tx, &check_in.id, &row.id).await?;
            }
            (None, Some((at, line))) => {
                let id = fresh(
                    &mut used,
                    "priority",
                    &[&workspace, check_in.id.as_str(), line.said.as_str(), &at.to_string()],
                );
                let row = Priority {
                    id: PriorityId(id),
                    check_in: check_in.id.clone(),
                    person: check_in.person.clone(),
                    text: line.text.clone(),
                    source: Some(Source { said: line.said.clone(), line: at, text: line.text.clone() }),
                    follows: true,
                    stuck: None,
                    gone: false,
                    position: place_of(check_in, line, at),
                };
                store::priority::keep(tx, &check_in.team, &row).await?;
                store::priority::put_on(tx, &check_in.id, &row.id, row.position).await?;
            }
            (Some(_) | None, None) => {}
        }
    }
    Ok(())
}

/// Lines stand on the list in the order in which they were typed.
fn place_of(check_in: &CheckIn, line: &Line, at: i64) -> i64 {
    line.said.ms() - check_in.starts_at.min(line.said.ms()) + at
}

pub(super) async fn follow_stucks(tx: &mut Tx, check_in: &CheckIn, typed: &[Line]) -> Result<()> {
    let workspace = tx.workspace.clone();
    let rows = store::stuck::of_check_in(tx, &check_in.id).await?;
    let mut used: Vec<String> = rows.iter().map(|row| row.id.0.clone()).collect();
    let known = rows.iter().filter_map(|row| Some((row, row.source.clone()?, line_is_gone(row))));
    let pairs = pair(known.collect(), typed, |line| matches!(line.filed, Filed::Stuck { .. }));
    for (row, line) in pairs {
        let size = line.and_then(|(_, line)| match line.filed {
            Filed::Stuck { size } => size,
            _ => None,
        });
        match (row, line) {
            (Some(row), Some((at, line))) => {
                let mut now = row.clone();
                now.source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                if now.follows {
                    now.what = line.text.clone();
                    now.size = size.or(now.size);
                }
                update(tx, row, now).await?;
            }
            // Once its line is gone, that is said once, and a stuck that is opened again by hand stands by itself.
            (Some(row), None) if row.follows && !line_is_gone(row) => {
                let mut now = row.clone();
                now.source = row.source.clone().map(|source| Source { line: NO_LINE, ..source });
                if let Some(decision) = stuck_rules::line_gone(row, tx.now) {
                    stuck::apply(tx, &mut now, &check_in.person, decision).await?;
                }
            }
            (None, Some((at, line))) => {
                let id =
                    fresh(&mut used, "stuck", &[&workspace, check_in.id.as_str(), line.said.as_str(), &at.to_string()]);
                let source = Some(Source { said: line.said.clone(), line: at, text: line.text.clone() });
                raise(
                    tx,
                    check_in,
                    NewStuck {
                        id: StuckId(id),
                        what: line.text.clone(),
                        help: String::new(),
                        helper: None,
                        size,
                        source,
                    },
                )
                .await?;
            }
            (Some(_) | None, None) => {}
        }
    }
    Ok(())
}

/// The place of a line that is no longer in its message.
const NO_LINE: i64 = -1;

fn line_is_gone(stuck: &Stuck) -> bool {
    stuck.source.as_ref().is_some_and(|source| source.line == NO_LINE)
}

/// What is known of a stuck when it is raised.
pub struct NewStuck {
    pub id: StuckId,
    pub what: String,
    pub help: String,
    pub helper: Option<UserId>,
    pub size: Option<Size>,
    pub source: Option<Source>,
}

/// A new stuck: in the digest that is to come; after it at once, in its own thread or as a reply that the channel sees.
pub async fn raise(tx: &mut Tx, check_in: &CheckIn, new: NewStuck) -> Result<()> {
    let stuck = Stuck {
        id: new.id,
        team: check_in.team.clone(),
        huddle: check_in.huddle.clone(),
        check_in: check_in.id.clone(),
        asker: check_in.person.clone(),
        place: store::stuck::next_place(tx, &check_in.huddle).await?,
        what: new.what,
        help: new.help,
        helper: new.helper,
        size: new.size,
        follows: new.source.is_some(),
        source: new.source,
        raised_at: tx.now,
        opened_at: None,
        edited: false,
        state: StuckState::Open,
        last_taker: None,
        escalated_by: None,
        logs: 0,
        version: 1,
    };
    if !store::stuck::raise(tx, &stuck).await? {
        // It is there and cannot be read: a newer build has it.
        return Ok(());
    }
    let asker = stuck.asker.clone();
    store::stuck::note(tx, &stuck.id, &asker, What::Raised, "", None).await?;
    show(tx, &mut stuck.clone()).await
}

/// Writes what the asker changed of a stuck, by either door.
pub async fn update(tx: &mut Tx, before: &Stuck, mut now: Stuck) -> Result<()> {
    let text = (&before.what, &before.help, &before.helper) != (&now.what, &now.help, &now.helper);
    let size = before.size != now.size;
    if matches!(before.state, StuckState::Withdrawn { .. }) && before.follows {
        // The line is there again.
        let decision =
            Decision::Change { to: StuckState::Open, what: What::Reopened, detail: String::new(), opens: false };
        let asker = now.asker.clone();
        stuck::apply(tx, &mut now, &asker, decision).await?;
        return show(tx, &mut now).await;
    }
    if !text && !size && before.source == now.source && before.follows == now.follows {
        return Ok(());
    }
    now.edited = now.edited || (text && now.opened_at.is_some());
    store::stuck::keep(tx, &now).await?;
    now.version += 1;
    if text && let Some(taker) = now.taker().cloned() {
        stuck::retitle(tx, &now, &taker).await?;
    }
    show(tx, &mut now).await
}

/// After the digest a new or newly sized stuck is shown at once; before it, it waits for it.
async fn show(tx: &mut Tx, stuck: &mut Stuck) -> Result<()> {
    let Some(huddle) = store::unless_unreadable(store::shift::huddle(tx, &stuck.huddle).await)? else {
        return wanted::raise_stuck(tx, stuck).await;
    };
    if huddle.state != HuddleState::Gathering && stuck.state == StuckState::Open && stuck.opened_at.is_none() {
        let team = store::people::team(tx, &stuck.team).await?;
        match stuck.size {
            Some(Size::More) => stuck::open_thread(tx, stuck, &team).await?,
            // Where no digest was posted there is nothing that it could be a reply to.
            Some(Size::Minute) if huddle.state == HuddleState::Skipped => stuck::open_thread(tx, stuck, &team).await?,
            Some(Size::Minute) if stuck.raised_at > huddle.posted_at.unwrap_or(i64::MAX) => {
                wanted::quick(tx, stuck, &team).await?
            }
            Some(Size::Minute) | None => {}
        }
    }
    wanted::raise_stuck(tx, stuck).await
}

type Paired<'a, Row> = (Option<&'a Row>, Option<(i64, &'a Line)>);

/// Pairs the rows that came from typed messages with the lines that are there now, message by message: same text, else
/// same place, else new. A row that is gone already comes back only by its very text.
fn pair<'a, Row>(
    rows: Vec<(&'a Row, Source, bool)>,
    typed: &'a [Line],
    counts: impl Fn(&Line) -> bool,
) -> Vec<Paired<'a, Row>> {
    let mut messages: Vec<&Ts> =
        rows.iter().map(|(_, source, _)| &source.said).chain(typed.iter().map(|line| &line.said)).collect();
    messages.sort();
    messages.dedup();
    let mut pairs = Vec::new();
    for said in messages {
        let new: Vec<&Line> = typed.iter().filter(|line| line.said == *said && counts(line)).collect();
        let texts: Vec<&str> = new.iter().map(|line| line.text.as_str()).collect();
        let mut old: Vec<(usize, &Source)> = (0..rows.len())
            .filter(|at| rows[*at].1.said == *said)
            .filter(|at| !rows[*at].2 || texts.contains(&rows[*at].1.text.as_str()))
            .map(|at| (at, &rows[at].1))
            .collect();
        old.sort_by_key(|(_, source)| source.line);
        let old: Vec<(usize, &str)> = old.into_iter().map(|(at, source)| (at, source.text.as_str())).collect();
        let found = lines::matched(&old, &texts);
        for (line, at) in new.iter().zip(&found) {
            pairs.push((at.map(|at| rows[at].0), Some((line.line as i64, *line))));
        }
        let gone = (0..rows.len()).filter(|at| rows[*at].1.said == *said && !found.contains(&Some(*at)));
        pairs.extend(gone.map(|at| (Some(rows[at].0), None)));
    }
    pairs
}

/// A derived id that no row of this check-in has yet: the place may have had another line before.
fn fresh(used: &mut Vec<String>, kind: &str, parts: &[&str]) -> String {
    let mut id = derive(kind, parts);
    while used.contains(&id) {
        id = derive(kind, &[&id]);
    }
    used.push(id.clone());
    id
}
