//! What Slack sends: read, de-duplicated and committed in one transaction, and only then acknowledged.
//! The one exception is named here: a modal is opened before the acknowledgement, because its trigger lives three
//! seconds. Such a press changes nothing; the submission does.

use super::Unstuck;
use crate::courier::show;
use crate::flows::{self, answer, check_in as frame, form, stuck};
use crate::rules::answer::{Size, What as Typed};
use crate::rules::check_in::Mark;
use crate::rules::id::{MessageKey, StuckId, Ts, UserId};
use crate::rules::keys;
use crate::rules::private::{Private, Reply};
use crate::rules::stuck::Verb;
use crate::slack::client::CallError;
use crate::slack::inbound::{self, Press, Submission, What};
use crate::slack::socket::Handled;
use crate::slack::submission;
use crate::slack::view::action::{Action, Modal, field};
use crate::slack::view::{self, refusal};
use crate::store::{self, Tx};
use crate::{glance, read_tx, write_tx};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::collections::HashMap;

mod once;
use once::{Told, once, refused_before, words};

impl Unstuck {
    /// One envelope of Socket Mode. An error means that nothing was committed and nothing is acknowledged.
    pub async fn receive(&self, envelope: &Value) -> anyhow::Result<Handled> {
        let inbound = inbound::read(envelope, &self.bot_user);
        if !self.is_ours(&inbound) || !self.believes(&inbound.what).await {
            return Ok(Handled::default());
        }
        if let What::Ignored(_) | What::Closed = inbound.what {
            return Ok(Handled::default());
        }
        let acts = inbound.what.acts();
        let mut turn = self.turn(acts).await?;
        if !self.concerns_us(&inbound.what).await? {
            return Ok(Handled::default());
        }
        if let What::Pressed(press) = &inbound.what {
            // Slack is asked meanwhile, and nobody need wait for that.
            drop(turn);
            if let Some(handled) = self.opens(press, &inbound.seen).await? {
                return Ok(handled);
            }
            turn = self.turn(acts).await?;
        }
        let (now, what) = (self.clock.now(), &inbound.what);
        let seen = inbound.seen.as_str();
        let told = write_tx!(self.db, &self.workspace, now, tx => once(tx, seen, what).await)?;
        drop(turn);
        self.hint();
        Ok(told.map_or_else(Handled::default, |told| self.tells(what, told)))
    }

    /// We and those whose accounts were closed do nothing in Slack: what comes in their name is
    /// nobody's. Whoever had been asked nothing when they wrote is told so once a day; nothing else
    /// is kept of it, nor of its edits, however often it comes.
    async fn concerns_us(&self, what: &What) -> store::Result<bool> {
        let now = self.clock.now();
        // Slack tells of everybody in the workspace.
        if let What::PersonChanged { user, .. } | What::LeftChannel { user, .. } = what {
            let known = glance!(self.db, &self.workspace, now, tx => store::people::is_known(tx, user).await)?;
            return Ok(known || *user == self.bot_user);
        }
        let written = what.written();
        let (who, at) = match (what.sender(), written) {
            (_, Some((who, at))) => (who, at.clone()),
            (Some(who), None) => (who, Ts::at(now)),
            (None, None) => return Ok(true),
        };
        let idle = &keys::idle(who, &flows::answer::day_of(&at));
        let at = &at;
        let stands = glance!(self.db, &self.workspace, now, tx => store::check_in::standing(tx, who, at, idle).await)?;
        if what.sender().is_some() && (stands.closed || *who == self.bot_user) {
            return Ok(false);
        }
        if written.is_none() || stands.asked {
            return Ok(true);
        }
        if let What::Typed { text, .. } = what
            && !stands.told
            && !text.trim().is_empty()
        {
            write_tx!(self.db, &self.workspace, now, tx => flows::answer::idle(tx, who, at).await)?;
            self.courier.hint();
        }
        Ok(false)
    }

    /// The person who pressed or submitted is told it privately.
    fn tells(&self, what: &What, told: Told) -> Handled {
        match (what, told) {
            (What::Pressed(press), Told::Line(line)) => self.say_privately(press, line),
            // A modal has no other place for it: it stands at the field.
            (What::Submitted(sent), Told::Line(line)) => {
                let block = sent.view.block_ids().next().unwrap_or(field::PRIORITIES).to_owned();
                errors_at(vec![(block, line)])
            }
            (_, Told::Fields(lines)) => errors_at(lines),
            _ => Handled::default(),
        }
    }

    /// A press that would open a modal is refused, and so is its repeat.
    async fn refuses(&self, press: &Press, seen: &str, private: &Private) -> anyhow::Result<Handled> {
        let (now, reader) = (self.clock.now(), &press.user);
        let line = write_tx!(self.db, &self.workspace, now, tx => async {
            let line = words(tx, reader, private).await?;
            if store::seen::first(tx, seen).await? {
                store::seen::refuse(tx, seen, &json!(Told::Line(line.clone())).to_string()).await?;
            }
            Ok(line)
        }.await)?;
        Ok(self.say_privately(press, line))
    }

    fn say_privately(&self, press: &Press, line: String) -> Handled {
        let Some(url) = press.response_url.clone() else { return Handled::default() };
        let (slack, thread) = (self.slack.clone(), press.thread_ts.clone());
        let after = async move {
            // Best effort, at most once: what people must know comes by direct message.
            if let Err(error) = slack.respond(&url, &line, thread.as_ref()).await {
                tracing::warn!(event = "private_line_failed", %error, "a private line could not be said");
            }
        };
        Handled { payload: None, after: Some(after.boxed()) }
    }

    /// A press that opens a modal, or changes an open one; None for every other press.
    async fn opens(&self, press: &Press, seen: &str) -> anyhow::Result<Option<Handled>> {
        let now = self.clock.now();
        let who = &press.user;
        let Some(action) = action_of(press).filter(Action::opens_a_modal) else { return Ok(None) };
        if let Some(told) = glance!(self.db, &self.workspace, now, tx => refused_before(tx, seen).await)? {
            return Ok(Some(self.tells(&What::Pressed(Box::new(press.clone())), told)));
        }
        let modal = match &action {
            Action::Form(id) => {
                let opened = read_tx!(self.db, &self.workspace, now, tx => async {
                    match frame::may_answer(tx, id, who).await? {
                        Ok(check_in) => Ok(Ok(show::check_in_shown(tx, &check_in.id).await?)),
                        Err(private) => Ok(Err(private)),
                    }
                }.await)?;
                opened.map(|check_in| view::form::form(&view::form::FormInput { check_in, sets: 1 }))
            }
            Action::Resolve(id) => self.stuck_modal(id, who, &Verb::Resolve { outcome: String::new() }).await?,
            Action::Answer(id) => self.stuck_modal(id, who, &Verb::Answer { text: String::new() }).await?,
            Action::Escalate(id) => self.stuck_modal(id, who, &Verb::Escalate { why: String::new() }).await?,
            Action::AnotherStuck => return self.another_set(press).await.map(Some),
            _ => return Ok(None),
        };
        let view = match modal {
            Ok(view) => view,
            Err(private) => return self.refuses(press, seen, &private).await.map(Some),
        };
        match self.slack.open_view(&press.trigger_id, &view).await {
            // The same press came twice, and opened it the first time.
            Err(CallError::Refused(code)) if code == "exchanged_trigger_id" => {}
            Err(error) => return Ok(Some(self.not_opened(press, &action, &error))),
            Ok(_) => {}
        }
        Ok(Some(Handled::default()))
    }

    fn not_opened(&self, press: &Press, action: &Action, error: &CallError) -> Handled {
        tracing::warn!(event = "modal_not_opened", %error, "a modal did not open");
        let line = if matches!(action, Action::Form(_)) {
            refusal::form_did_not_open()
        } else {
            refusal::modal_did_not_open()
        };
        self.say_privately(press, line)
    }

    async fn stuck_modal(&self, id: &StuckId, who: &UserId, verb: &Verb) -> anyhow::Result<Result<Value, Private>> {
        let now = self.clock.now();
        let found = read_tx!(self.db, &self.workspace, now, tx => async {
            let Some(row) = store::stuck::find(tx, id).await? else { return Ok(Err(Private::Gone)) };
            match stuck::may(tx, &row, who, verb).await? {
                Ok(_) => Ok(Ok(show::stuck_shown(tx, id).await?)),
                Err(refusal) => Ok(Err(Private::Stuck(refusal))),
            }
        }.await)?;
        Ok(found.map(|shown| match verb {
            Verb::Answer { .. } => view::stuck::modal_answer(&shown),
            Verb::Escalate { .. } => view::stuck::modal_escalate(&shown),
            _ => view::stuck::modal_resolve(&shown),
        }))
    }

    /// Add another stuck: the same form with one more set; what was typed so far stays, because the block ids stay.
    async fn another_set(&self, press: &Press) -> anyhow::Result<Handled> {
        let Some(open) = &press.view else { return Ok(Handled::default()) };
        let Some(Modal::Form { check_in, sets, opened }) = Modal::read(&open.callback_id, &open.private_metadata)
        else {
            return Ok(Handled::default());
        };
        let (id, who, now) = (check_in.clone(), &press.user, self.clock.now());
        let shown = read_tx!(self.db, &self.workspace, now, tx => async {
            match frame::may_answer(tx, &check_in, who).await? {
                Ok(check_in) => Ok(Some(show::check_in_shown(tx, &check_in.id).await?)),
                Err(_) => Ok(None),
            }
        }.await)?;
        // A form tells what became of it when it is sent.
        let Some(check_in) = shown else { return Ok(Handled::default()) };
        let sets = sets.max(check_in.stucks.len()).min(view::form::SETS) + 1;
        let mut view = view::form::form(&view::form::FormInput { check_in, sets });
        // The box keeps the text with which it was opened, and so what it is compared with stays as it was.
        let grown = Modal::Form { check_in: id, opened, sets };
        view["private_metadata"] = Value::from(grown.private_metadata());
        if let Err(error) = self.slack.update_view(&open.id, Some(&open.hash), &view).await {
            tracing::warn!(event = "form_not_grown", %error, "the form could not grow");
        }
        Ok(Handled::default())
    }
}

fn errors_at(lines: Vec<(String, String)>) -> Handled {
    let errors: HashMap<String, String> = lines.into_iter().collect();
    Handled { payload: Some(json!({ "response_action": "errors", "errors": errors })), after: None }
}

async fn take(tx: &mut Tx, what: &What) -> store::Result<Reply> {
    match what {
        What::Typed { user, channel, ts, thread_ts, text } => {
            answer::typed(tx, user, channel, ts, thread_ts.as_ref(), text).await?;
        }
        What::Edited { user, channel, ts, text, edited_ts } => {
            answer::edited(tx, user.as_ref(), channel, ts, edited_ts, text).await?
        }
        What::Deleted { channel, ts, .. } => answer::deleted(tx, channel, ts).await?,
        What::Pressed(press) => return pressed(tx, press).await,
        What::Submitted(sent) => return submitted(tx, sent).await,
        What::PersonChanged { user, name, zone, deleted } => {
            flows::people::changed(tx, user, name, zone, *deleted).await?
        }
        What::LeftChannel { user, channel } => {
            tracing::warn!(event = "member_left", %user, %channel, "somebody left a channel");
            flows::people::left(tx, user, channel).await?;
        }
        What::ChannelArchived { channel } => {
            tracing::warn!(event = "channel_archived", %channel, "a channel was archived");
            flows::trouble::archived(tx, channel).await?;
        }
        What::Uninstalled => {
            tracing::error!(
                event = "uninstalled",
                "the app was uninstalled from the workspace: install it again, and start with its new token"
            );
            flows::trouble::token(tx).await?;
        }
        What::TokensRevoked { bots } => {
            for bot in bots {
                if store::people::is_bot(tx, bot).await? {
                    tracing::error!(
                        event = "token_revoked",
                        "the bot token was revoked: install the app again, and start with its new token"
                    );
                    flows::trouble::token(tx).await?;
                }
            }
        }
        What::Closed | What::Ignored(_) => {}
    }
    Ok(Reply::Done)
}

/// For checkboxes the block says what they are of, because their values are the lines.
fn action_of(press: &Press) -> Option<Action> {
    let block = || press.block_id.split('.').next().unwrap_or_default();
    let value = if press.action_id == "tick" { block() } else { &press.value };
    Action::read(&press.action_id, value)
}

async fn pressed(tx: &mut Tx, press: &Press) -> store::Result<Reply> {
    let who = &press.user;
    let at = &press.action_ts;
    let Some(action) = action_of(press) else { return Ok(Reply::Private(Private::Gone)) };
    let typed = |what: Typed| (what, press);
    let (id, (what, press)) = match action {
        Action::Nothing(id) => (id, typed(Typed::Nothing)),
        Action::ImStuck(id) => (id, typed(Typed::ImStuck)),
        Action::Size { check_in, said, line, minute } => {
            let size = if minute { Size::Minute } else { Size::More };
            (check_in, typed(Typed::Size { said, line: index(line), size }))
        }
        Action::ItsPriority { check_in, said, line } => (check_in, typed(Typed::Priority { said, line: index(line) })),
        Action::ItsStuck { check_in, said, line } => (check_in, typed(Typed::Stuck { said, line: index(line) })),
        Action::AddAsPriority { check_in, said } => (check_in, typed(Typed::AddAsPriority { said })),
        Action::AddAsStuck { check_in, said } => (check_in, typed(Typed::AddAsStuck { said })),
        Action::NeverMind { check_in, said } => (check_in, typed(Typed::NeverMind { said })),
        Action::Snooze(id) => return frame::snooze(tx, &id, who).await,
        Action::OffToday(id) => return frame::off_today(tx, &id, who).await,
        Action::ImBack(id) => return frame::back(tx, &id, who).await,
        Action::Tick(id) => return answer::ticked(tx, &id, who, at, &press.selected).await,
        Action::AllDone(id) => return answer::mark_all(tx, &id, who, at, Mark::Done).await,
        Action::DropAll(id) => return answer::mark_all(tx, &id, who, at, Mark::Dropped).await,
        Action::OpenNow(id) => {
            let on = question(tx, press).await?;
            return answer::open_now(tx, &id, who, on.as_ref()).await;
        }
        Action::Take(id) => return stuck::act(tx, &id, who, &Verb::Take).await,
        Action::HandBack(id) => return stuck::act(tx, &id, who, &Verb::HandBack { reason: String::new() }).await,
        Action::Reopen(id) => return stuck::act(tx, &id, who, &Verb::Reopen).await,
        Action::NeedsMore(id) => return stuck::act(tx, &id, who, &Verb::NeedsMore).await,
        Action::StillStuck(id) => return stuck::act(tx, &id, who, &Verb::StillStuck).await,
        Action::Unstuck(id) => return stuck::confirm(tx, &id, who).await,
        // These open a modal (`opens`), or are a link: there is nothing to commit.
        Action::Form(_)
        | Action::AnotherStuck
        | Action::Resolve(_)
        | Action::Escalate(_)
        | Action::Answer(_)
        | Action::Link => {
            return Ok(Reply::Done);
        }
    };
    let on = question(tx, press).await?;
    answer::pressed(tx, &id, who, at, &what, on.as_ref()).await
}

/// The question of the typed conversation that was pressed.
async fn question(tx: &mut Tx, press: &Press) -> store::Result<Option<MessageKey>> {
    match (&press.channel, &press.message_ts) {
        (Some(channel), Some(ts)) => answer::question_at(tx, channel, ts).await,
        _ => Ok(None),
    }
}

fn index(line: i64) -> usize {
    usize::try_from(line).unwrap_or_default()
}

async fn submitted(tx: &mut Tx, sent: &Submission) -> store::Result<Reply> {
    let Some(modal) = Modal::read(&sent.view.callback_id, &sent.view.private_metadata) else {
        return Ok(Reply::Private(Private::Gone));
    };
    let who = &sent.user;
    let (id, verb) = match modal {
        Modal::Form { check_in, opened, .. } => {
            return match submission::sent(&sent.view, &opened) {
                Ok(answer) => form::submit(tx, &check_in, who, &sent.view.id, &answer).await,
                Err(lines) => Ok(Reply::Fields(lines)),
            };
        }
        Modal::Resolve(id) => {
            (id, submission::one_line(&sent.view, field::OUTCOME).map(|outcome| Verb::Resolve { outcome }))
        }
        Modal::Answer(id) => (id, submission::one_line(&sent.view, field::ANSWER).map(|text| Verb::Answer { text })),
        Modal::Escalate(id) => (id, submission::one_line(&sent.view, field::WHY).map(|why| Verb::Escalate { why })),
    };
    match verb {
        Ok(verb @ Verb::Escalate { .. }) => escalated(tx, &id, who, &verb, &sent.view.id).await,
        Ok(verb) => stuck::act(tx, &id, who, &verb).await,
        Err(lines) => Ok(Reply::Fields(lines)),
    }
}

/// A modal stays open when its acknowledgement was lost; sent once more it calls nobody a second
/// time. One that was refused has called nobody yet, and may.
async fn escalated(tx: &mut Tx, id: &StuckId, who: &UserId, verb: &Verb, view: &str) -> store::Result<Reply> {
    let mark = format!("escalated {view}");
    if store::seen::is_noted(tx, &mark).await? {
        return Ok(Reply::Done);
    }
    let reply = stuck::act(tx, id, who, verb).await?;
    if reply == Reply::Done {
        store::seen::first(tx, &mark).await?;
    }
    Ok(reply)
}
