//! What an operator does about messages that went wrong: `unstuck dead list`, `unstuck dead retry`, `unstuck doubt`. Each works
//! beside a running bot, in transactions of its own; the bot acts on the change at its next look.

use super::plain;
use crate::clock::Clock;
use crate::courier::show;
use crate::rules::duration;
use crate::rules::id::MessageKey;
use crate::rules::keys::Kind;
use crate::rules::message::{Death, death, is_person};
use crate::slack::client::{Identity, Slack};
use crate::slack::view;
use crate::store::message::{Retry, Row};
use crate::store::{self, Db, Tx};
use crate::{read_tx, write_tx};
use anyhow::bail;

/// One workspace of one database, at this moment.
pub struct Repair {
    db: Db,
    workspace: String,
    now: i64,
}

/// The only workspace in the database; where that does not say, Slack is asked whose the token is. Slack may be away, and a token
/// revoked, just when something has to be repaired.
pub async fn workspace(db: &Db, slack: Option<&Slack>, now: i64) -> anyhow::Result<(String, Option<Identity>)> {
    let known = read_tx!(db, "", now, tx => store::people::workspaces(tx).await)?;
    match (known.as_slice(), slack) {
        ([only], _) => Ok((only.clone(), None)),
        (_, Some(slack)) => {
            let identity = slack.auth_test().await.map_err(|error| anyhow::anyhow!("{}", plain(&error)))?;
            Ok((identity.workspace.clone(), Some(identity)))
        }
        ([], None) => {
            bail!("the database knows no workspace yet: set SLACK_BOT_TOKEN, so that Slack tells which one it is")
        }
        (_, None) => {
            bail!("the database holds several workspaces: set SLACK_BOT_TOKEN, so that Slack tells which one is meant")
        }
    }
}

/// What stands in the way of messages now, a line each, with what mends it; `unstuck check` and readiness say it.
pub async fn troubles(db: &Db, workspace: &str) -> store::Result<Vec<String>> {
    read_tx!(db, workspace, 0, tx => async {
        let mut lines = Vec::new();
        for told in store::trouble::standing(tx).await? {
            lines.push(view::trouble::standing(&show::trouble::shown(tx, &told.id).await?));
        }
        Ok(lines)
    }.await)
}

impl Repair {
    pub async fn open(db: Db, slack: Option<&Slack>, clock: Clock) -> anyhow::Result<Repair> {
        let now = clock.now();
        let (workspace, _) = workspace(&db, slack, now).await?;
        Ok(Repair { db, workspace, now })
    }

    /// One line for each message that somebody may want back, latest first.
    pub async fn list(&self) -> anyhow::Result<Vec<String>> {
        let mut lines = read_tx!(self.db, &self.workspace, self.now, tx => async {
            let mut lines = Vec::new();
            for row in lost(tx).await? {
                lines.push(line(tx, &row).await?);
            }
            Ok(lines)
        }.await)?;
        if lines.is_empty() {
            lines.push("nothing is dead: every message was posted, or is not wanted any more".to_owned());
        }
        Ok(lines)
    }

    /// Sends one again; an error says why not.
    pub async fn retry(&self, key: &str) -> anyhow::Result<Vec<String>> {
        let key = &MessageKey::from(key);
        let done = write_tx!(self.db, &self.workspace, self.now, tx => store::message::retry(tx, key, false).await)?;
        Ok(vec![match done {
            Retry::Again { key, replies } => format!("{key}: is sent again{}", with(replies)),
            Retry::Looked { key, replies } => {
                format!("{key}: is looked for in Slack, and sent again if it is not there{}", with(replies))
            }
            Retry::Unknown => bail!("no message has the key {key}: `unstuck dead list` names those that are dead"),
            Retry::NotDead(state) => bail!("{key} is not dead, it is {}: there is nothing to do", state.as_str()),
            Retry::Removed => bail!("{key}: somebody removed it from Slack, and it is not posted a second time"),
            Retry::TooLate => bail!("{key}: its time is over, and now it would come at a wrong hour"),
        }])
    }

    /// Sends again every one whose time is not over.
    pub async fn retry_all(&self, kind: Option<&str>) -> anyhow::Result<Vec<String>> {
        if let Some(kind) = kind.filter(|kind| Kind::read(kind).is_none()) {
            let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::word).collect();
            bail!("no kind of message is called {kind:?}: there are {}", known.join(", "));
        }
        let done = write_tx!(self.db, &self.workspace, self.now, tx => async {
            let mut done = Vec::new();
            for row in lost(tx).await?.into_iter().filter(|row| kind.is_none_or(|kind| row.kind == kind)) {
                done.push(store::message::retry(tx, &row.key, true).await?);
            }
            Ok(done)
        }.await)?;
        let (mut again, mut looked, mut late) = (0, 0, 0);
        for one in done {
            match one {
                Retry::Again { replies, .. } => again += 1 + replies,
                Retry::Looked { replies, .. } => looked += 1 + replies,
                Retry::TooLate => late += 1,
                Retry::Unknown | Retry::NotDead(_) | Retry::Removed => {}
            }
        }
        let mut lines = vec![match again + looked {
            0 => "nothing is sent again".to_owned(),
            1 => "1 message is sent again".to_owned(),
            all => format!("{all} messages are sent again"),
        }];
        if looked > 0 {
            lines.push(format!("{looked} of them looked for in Slack first"));
        }
        if late > 0 {
            lines.push(format!("{late} left alone, because their time is over"));
        }
        Ok(lines)
    }

    /// `since`: when the backup was made, an instant or a time ago.
    pub async fn doubt(&self, since: &str) -> anyhow::Result<Vec<String>> {
        let since = instant(since, self.now)?;
        let doubted = write_tx!(self.db, &self.workspace, self.now, tx => store::message::doubt(tx, since).await)?;
        Ok(vec![
            match doubted {
                1 => "1 message is looked for in Slack before it is posted".to_owned(),
                many => format!("{many} messages are looked for in Slack before they are posted"),
            },
            "so is everything else about shifts that have begun by now".to_owned(),
        ])
    }
}

/// An instant of the past, or a time ago.
fn instant(text: &str, now: i64) -> anyhow::Result<i64> {
    let at = match (text.parse::<jiff::Timestamp>(), duration::parse(text)) {
        (Ok(at), _) => at.as_millisecond(),
        (_, Ok(ago)) => now.saturating_sub(ago),
        _ => bail!(
            "--since {text:?} is neither an instant such as 2026-05-18T06:00:00Z nor a time ago such as 90m or 2h"
        ),
    };
    anyhow::ensure!(at <= now, "--since {text:?} lies in the future");
    Ok(at)
}

/// Dead ones, without those that are not wanted any more.
async fn lost(tx: &mut Tx) -> store::Result<Vec<Row>> {
    let dead = store::message::dead(tx).await?;
    Ok(dead.into_iter().filter(|row| why_dead(row).is_loss()).collect())
}

fn why_dead(row: &Row) -> Death {
    death(&row.progress.last_error, &row.place)
}

async fn line(tx: &mut Tx, row: &Row) -> store::Result<String> {
    let death = why_dead(row);
    let progress = &row.progress;
    let what = Kind::read(&row.kind).map_or("a message of a newer version", view::trouble::name);
    let whither = if is_person(&row.place) {
        let person = store::people::person(tx, &row.place.as_str().into()).await?;
        format!("for {} ({})", person.name, row.place)
    } else {
        format!("in {}", row.place)
    };
    let team = match store::trouble::team_of(tx, &row.subject).await? {
        Some(team) => format!(", {}", store::people::team(tx, &team).await?.name),
        None => String::new(),
    };
    let since = match death {
        Death::Expired => progress.expires_at,
        _ => progress.last_try_at.unwrap_or(row.due_at),
    };
    let since = jiff::Timestamp::from_millisecond(since)
        .map_or_else(|_| "?".to_owned(), |at| at.strftime("%FT%H:%MZ").to_string());
    let why = view::trouble::why(death, &progress.last_error);
    let stands = match (row.posted().is_some(), death.may_stand(progress.recheck_at.is_some())) {
        (true, _) if death == Death::Deleted => "it is not posted a second time by itself",
        (true, _) => "it stands in Slack as it was before",
        (false, true) => "it may stand in Slack",
        (false, false) => "it was not posted",
    };
    Ok(format!("{}  {what} {whither}{team}; since {since}; {why}; {stands}", row.key))
}

fn with(replies: u64) -> String {
    match replies {
        0 => String::new(),
        1 => ", with 1 reply in its thread".to_owned(),
        many => format!(", with {many} replies in its thread"),
    }
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn a_restore_is_told_by_an_instant_or_by_a_time_ago() {
        let now = 1_800_000_000_000;
        assert_eq!(instant("2h", now).expect("an instant"), now - 7_200_000);
        assert_eq!(instant("2026-05-18T06:00:00Z", now).expect("an instant"), 1_779_084_000_000);
        assert_eq!(instant("2026-05-18T06:00:00-04:00", now).expect("an instant"), 1_779_098_400_000);
        for wrong in ["", "yesterday", "2026-05-18", "06:00", "-2h", "2126-05-18T06:00:00Z"] {
            let error = instant(wrong, now).expect_err(wrong).to_string();
            assert!(error.contains("--since"), "{wrong}: {error}");
        }
    }
}
