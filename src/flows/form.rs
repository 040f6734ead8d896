//! Chapter two, the other door: the form. It writes only what was changed in it, and a row changed there no longer
//! follows its typed message.

use super::answer::{self, NewStuck, finish};
use super::{check_in as frame, stuck};
use crate::rules::check_in::{CheckIn, Mark, Priority};
use crate::rules::form::{self, Change, PriorityChange, Sent, StuckChange, StuckInput, untouched};
use crate::rules::id::{CheckInId, PriorityId, StuckId, Ts, UserId, derive};
use crate::rules::lines::APART_IN_ALL;
use crate::rules::private::Reply;
use crate::rules::stuck::{State as StuckState, Stuck, Verb, line_gone};
use crate::store::{self, Result, Tx};

/// New lines of the form stand after what was typed before it.
const AFTER_TYPED: i64 = 1_000_000_000;

/// `view` is the form that was open: sent a second time, because the first time was not acknowledged, it adds nothing
/// twice.
pub async fn submit(tx: &mut Tx, id: &CheckInId, who: &UserId, view: &str, sent: &Sent) -> Result<Reply> {
    let mut check_in = match frame::own(tx, id, who).await? {
        Ok(check_in) => check_in,
        Err(private) => return Ok(Reply::Private(private)),
    };
    frame::undo_excuse(tx, &mut check_in).await?;
    check_in.form_sent_at = check_in.form_sent_at.or(Some(tx.now));
    if let Some(text) = &sent.last_text {
        check_in.last_text = text.clone();
    }
    store::check_in::keep(tx, &check_in).await?;
    check_in.version += 1;
    let sent = &own_sets(tx, &check_in, sent).await?;
    mark(tx, &check_in, who, sent).await?;
    write_priorities(tx, &check_in, view, &sent.priorities).await?;
    let stucks = changes(tx, &check_in, sent).await?;
    say_sizes(tx, sent).await?;
    write_stucks(tx, &check_in, view, &stucks).await?;
    finish(tx, &mut check_in, true).await?;
    Ok(Reply::Done)
}

/// A form speaks of the stucks of its own check-in, whatever ids stand in it.
async fn own_sets(tx: &mut Tx, check_in: &CheckIn, sent: &Sent) -> Result<Sent> {
    let rows = store::stuck::of_check_in(tx, &check_in.id).await?;
    let own = |id: &StuckId| rows.iter().any(|row| row.id == *id);
    let mut sent = sent.clone();
    sent.stucks.retain(|set| set.input.id.as_ref().is_none_or(own));
    Ok(sent)
}

/// Done, Carry over or Drop; of a stuck that was taken, Done resolves it, Drop hands it back and Carry over keeps it.
async fn mark(tx: &mut Tx, check_in: &CheckIn, who: &UserId, sent: &Sent) -> Result<()> {
    let Some(last) = &check_in.last else { return Ok(()) };
    let at = Ts::at(tx.now);
    let lines = store::priority::list(tx, last).await?;
    for marked in &sent.marks {
        let Some(line) = lines.iter().find(|line| line.priority.id == marked.priority) else { continue };
        match (&line.priority.stuck, marked.mark) {
            // Where the stuck went another way meanwhile, its thread has said so: the form changes nothing of it.
            (Some(stuck), Mark::Done) => {
                let outcome = marked.outcome.clone();
                if stuck::act(tx, stuck, who, &Verb::Resolve { outcome }).await? == Reply::Done {
                    store::priority::mark(tx, last, &line.priority.id, Mark::Done, &at).await?;
                }
            }
            (Some(stuck), Mark::Dropped) => {
                stuck::act(tx, stuck, who, &Verb::HandBack { reason: String::new() }).await?;
            }
            (Some(_), Mark::Carried | Mark::None) => {}
            (None, mark) => store::priority::mark(tx, last, &line.priority.id, mark, &at).await?,
        }
    }
    Ok(())
}

async fn write_priorities(tx: &mut Tx, check_in: &CheckIn, view: &str, changes: &[PriorityChange]) -> Result<()> {
    let rows = store::priority::given_in(tx, &check_in.id).await?;
    let row_of = |id: &PriorityId| rows.iter().find(|row| row.id == *id).cloned();
    // What this very form added when it was sent before takes no room of it.
    let again = |row: &Priority| (0..changes.len()).any(|at| row.id.0 == added("priority", check_in, view, at));
    let standing = rows.iter().filter(|row| !row.gone && row.stuck.is_none() && !again(row)).count();
    let changes = form::within(changes.to_vec(), APART_IN_ALL.saturating_sub(standing));
    for (number, change) in changes.iter().enumerate() {
        match change {
            Change::Keep(_) => {}
            Change::Edit(id, text) => {
                if let Some(row) = row_of(id) {
                    let row = Priority { text: text.clone(), follows: false, gone: false, ..row };
                    store::priority::keep(tx, &check_in.team, &row).await?;
                    store::priority::put_on(tx, &check_in.id, &row.id, row.position).await?;
                }
            }
            Change::Remove(id) => {
                if let Some(row) = row_of(id) {
                    let row = Priority { follows: false, gone: true, ..row };
                    store::priority::keep(tx, &check_in.team, &row).await?;
                    store::priority::take_off(tx, &check_in.id, &row.id).await?;
                }
            }
            Change::Add(text) => {
                let id = PriorityId(added("priority", check_in, view, number));
                if row_of(&id).is_some() {
                    continue;
                }
                let row = Priority {
                    id,
                    check_in: check_in.id.clone(),
                    person: check_in.person.clone(),
                    text: text.clone(),
                    source: None,
                    follows: false,
                    stuck: None,
                    gone: false,
                    position: AFTER_TYPED + (tx.now - check_in.starts_at) / 1000 * 100 + number as i64,
                };
                store::priority::keep(tx, &check_in.team, &row).await?;
                store::priority::put_on(tx, &check_in.id, &row.id, row.position).await?;
            }
        }
    }
    Ok(())
}

/// What the n-th line or set of a form adds, however often that form is sent.
fn added(kind: &str, check_in: &CheckIn, view: &str, number: usize) -> String {
    derive(kind, &[check_in.id.as_str(), "form", view, &number.to_string()])
}

async fn write_stucks(tx: &mut Tx, check_in: &CheckIn, view: &str, changes: &[StuckChange]) -> Result<()> {
    let rows = store::stuck::of_check_in(tx, &check_in.id).await?;
    for (number, change) in changes.iter().enumerate() {
        match change {
            Change::Keep(_) => {}
            Change::Edit(id, input) => edit_stuck(tx, id, input).await?,
            Change::Remove(id) => remove_stuck(tx, check_in, id).await?,
            Change::Add(input) => {
                let id = StuckId(added("stuck", check_in, view, number));
                if rows.iter().any(|row| row.id == id) {
                    edit_stuck(tx, &id, input).await?;
                    continue;
                }
                let new = NewStuck {
                    id,
                    what: input.what.clone(),
                    help: input.help.clone(),
                    helper: input.helper.clone(),
                    size: input.size,
                    source: None,
                };
                answer::raise(tx, check_in, new).await?;
            }
        }
    }
    Ok(())
}

/// What the sets say against what they showed; a set without an id is a new one.
async fn changes(tx: &mut Tx, check_in: &CheckIn, sent: &Sent) -> Result<Vec<StuckChange>> {
    let rows = store::stuck::of_check_in(tx, &check_in.id).await?;
    let mut opened = Vec::new();
    let mut inputs = Vec::new();
    for stuck in &sent.stucks {
        let mut input = stuck.input.clone();
        if let (Some(id), Some(print)) = (&input.id, &stuck.shown) {
            opened.push((id.clone(), print.clone()));
            if let Some(row) = rows.iter().find(|row| row.id == *id) {
                input = untouched(input, &row.what, &row.help);
            }
        }
        inputs.push(input);
    }
    Ok(form::stucks(&opened, &inputs))
}

/// A size that nobody had said yet is said by sending the form, which shows one; all else of the row stays as it is.
async fn say_sizes(tx: &mut Tx, sent: &Sent) -> Result<()> {
    for stuck in &sent.stucks {
        let (Some(id), Some(size)) = (&stuck.input.id, stuck.input.size) else { continue };
        if let Some(before) = store::stuck::find(tx, id).await?.filter(|row| row.size.is_none()) {
            answer::update(tx, &before, Stuck { size: Some(size), ..before.clone() }).await?;
        }
    }
    Ok(())
}

async fn edit_stuck(tx: &mut Tx, id: &StuckId, input: &StuckInput) -> Result<()> {
    let Some(before) = store::stuck::find(tx, id).await? else { return Ok(()) };
    let mut now = before.clone();
    now.what = input.what.clone();
    now.help = input.help.clone();
    now.helper = input.helper.clone();
    now.size = input.size.or(now.size);
    now.follows = false;
    answer::update(tx, &before, now).await
}

async fn remove_stuck(tx: &mut Tx, check_in: &CheckIn, id: &StuckId) -> Result<()> {
    let Some(mut row) = store::stuck::find(tx, id).await? else { return Ok(()) };
    if matches!(row.state, StuckState::Withdrawn { .. }) {
        return Ok(());
    }
    row.follows = false;
    if let Some(decision) = line_gone(&row, tx.now) {
        stuck::apply(tx, &mut row, &check_in.person, decision).await?;
    }
    Ok(())
}
