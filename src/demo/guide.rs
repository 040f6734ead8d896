//! What to try next, in a sentence, for somebody who sees all this for the first time.

use super::cast;
use sandbox::{Message, Sandbox};

/// What happened longer ago belongs to another day.
const RECENT: i64 = 7 * 3600 * 1000;

/// Read off the conversations like a person would, so that it is right whatever was done, and in which order.
pub fn next(sandbox: &Sandbox, now: i64) -> String {
    let recent = |message: &Message| at(message) > now - RECENT;
    let dm: Vec<Message> = sandbox.history(cast::YOU, &sandbox.dm(cast::YOU)).into_iter().filter(recent).collect();
    let channel: Vec<Message> = sandbox
        .history(cast::YOU, cast::CHANNEL)
        .into_iter()
        .filter(recent)
        .filter(|message| message.by_bot())
        .collect();
    if dm.iter().any(|message| has(message, "Off today")) {
        return "You are Ana and your shift has started. Answer below: tick what is done, type your priorities, say if \
                you are stuck. Or use the form."
            .to_owned();
    }
    if let Some(open) = channel.iter().find(|message| has(message, "I'll take this")) {
        let asker = word_before(open, " is stuck").unwrap_or_else(|| "somebody".to_owned());
        let helper = if asker == "Ben" { "Dee" } else { "Ben" };
        return format!("#support has today's post. {asker} is stuck there: be {helper} and press I'll take this.");
    }
    if let Some(taken) = channel.iter().find(|message| has(message, "Hand back")) {
        let taker = word_before(taken, " has this").unwrap_or_else(|| "the one who took it".to_owned());
        return format!(
            "{taker} has it, and the one who is stuck was told. As {taker}, press Resolve when it is solved."
        );
    }
    if channel.iter().any(|message| has(message, "Answer")) {
        return "A quick one is left in #support: be anybody else and press Answer.".to_owned();
    }
    if channel.iter().any(|message| has(message, "Re-open")) {
        return "Everybody is unstuck. The one who asked was asked whether it helped. Next shift shows how the day goes on."
            .to_owned();
    }
    match (dm.is_empty(), channel.is_empty()) {
        (false, true) => "The others are answering, too. Once all have, one post appears in #support.".to_owned(),
        (_, false) => "#support has this shift's post. Be anybody, or go on with Next shift.".to_owned(),
        (true, true) => "A shift starts in a moment.".to_owned(),
    }
}

fn has(message: &Message, label: &str) -> bool {
    message.buttons().iter().any(|button| button == label)
}

/// The name in front of these words, such as Ben in "Ben has this".
fn word_before(message: &Message, words: &str) -> Option<String> {
    let text = message.plain();
    let (before, _) = text.split_once(words)?;
    before.split_whitespace().next_back().map(str::to_owned)
}

fn at(message: &Message) -> i64 {
    message.ts.parse::<f64>().map_or(0, |seconds| (seconds * 1000.0) as i64)
}
