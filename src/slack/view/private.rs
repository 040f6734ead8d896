//! Which private line says what (M9); the lines themselves stand in `refusal`.

use super::refusal;
use crate::rules::id::UserId;
use crate::rules::private::Private;

/// `zone` is where the reader's clock stands.
pub fn private(why: &Private, names: &dyn Fn(&UserId) -> String, zone: &str) -> String {
    match why {
        Private::Stuck(why) => refusal::refusal(why, names, zone),
        Private::NotYourPrompt { agent } => refusal::not_your_prompt(&names(agent)),
        Private::Over { date } => refusal::superseded(date),
        Private::SnoozedAlready => refusal::snoozed_once(),
        Private::AnsweredAlready => refusal::answered_already(),
        Private::Gone => refusal::unknown(),
    }
}
