//! `unstuck check`: what is wrong, in plain words, and what to do.

use super::{causes, plain};
use crate::read_tx;
use crate::rules::people;
use crate::slack::client::{CallError, Slack};
use crate::slack::manifest::{OPTIONAL_SCOPES, SCOPES};
use crate::slack::signature::SigningSecret;
use crate::slack::socket::app_token_refused;
use crate::store::{self, Db};
use std::fmt;

pub struct Finding {
    grade: Grade,
    line: String,
}

#[derive(PartialEq)]
enum Grade {
    Right,
    Note,
    Wrong,
}

impl Finding {
    pub fn is_wrong(&self) -> bool {
        self.grade == Grade::Wrong
    }

    fn right(line: impl Into<String>) -> Finding {
        Finding { grade: Grade::Right, line: line.into() }
    }

    fn note(line: impl Into<String>) -> Finding {
        Finding { grade: Grade::Note, line: line.into() }
    }

    fn wrong(line: impl Into<String>) -> Finding {
        Finding { grade: Grade::Wrong, line: line.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.grade {
            Grade::Right => "ok    ",
            Grade::Note => "note  ",
            Grade::Wrong => "wrong ",
        };
        write!(f, "{sign}{}", self.line)
    }
}

/// Everything is looked at, also where something before it is wrong.
pub async fn check(slack: anyhow::Result<Slack>, secret: Option<SigningSecret>, url: &str) -> Vec<Finding> {
    let db = Db::open(url).await;
    let findings = looked_at(slack, secret, url, &db).await;
    if let Ok(db) = db {
        db.close().await;
    }
    findings
}

async fn looked_at(
    slack: anyhow::Result<Slack>,
    secret: Option<SigningSecret>,
    url: &str,
    db: &anyhow::Result<Db>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let slack = match slack {
        Ok(slack) => Some(slack),
        Err(error) => {
            findings.push(Finding::wrong(causes(&error)));
            None
        }
    };
    findings.push(match db {
        Ok(db) => writes(db).await,
        Err(error) => Finding::wrong(format!("database: {}", causes(error))),
    });
    findings.extend(store::caution::cautions(url).into_iter().map(Finding::note));
    let Some(slack) = slack else { return findings };
    let identity = match slack.auth_test().await {
        Ok(identity) => identity,
        Err(error) => {
            findings.push(Finding::wrong(plain(&error)));
            return findings;
        }
    };
    let name = people::name(&identity.name);
    findings.push(Finding::right(format!("the bot token is valid: workspace {name} ({})", identity.workspace)));
    scopes(&identity.scopes, &mut findings);
    if slack.opens_sockets() {
        app_token(&slack, &mut findings).await;
    }
    if let Some(secret) = secret {
        findings.push(signing_secret(&secret));
    }
    if let Ok(db) = db {
        channels(&slack, db, &identity.workspace, &mut findings).await;
        troubles(db, &identity.workspace, &mut findings).await;
    }
    findings
}

async fn writes(db: &Db) -> Finding {
    match db.takes_writes().await {
        Ok(()) => Finding::right("the database answers, takes writes, and its tables are up to date"),
        Err(failure) => Finding::wrong(format!(
            "the database can be read and not written ({failure}): give the bot's user the right to write to it (SQLite: to the file and its folder, on a disk with room; PostgreSQL: to the tables of a server that is no copy)"
        )),
    }
}

/// What the running bot met and nobody has mended yet.
async fn troubles(db: &Db, workspace: &str, findings: &mut Vec<Finding>) {
    match super::repair::troubles(db, workspace).await {
        Ok(standing) => findings.extend(standing.into_iter().map(Finding::wrong)),
        Err(failure) => findings.push(Finding::wrong(failure.to_string())),
    }
}

fn scopes(has: &[String], findings: &mut Vec<Finding>) {
    let missing = |scope: &&str| !has.iter().any(|one| one == *scope);
    for (scope, purpose) in SCOPES {
        if missing(&scope) {
            findings.push(Finding::wrong(format!(
                "scope {scope} is missing, {purpose}: add it under OAuth & Permissions and install the app again"
            )));
        }
    }
    let lacking: Vec<&str> = OPTIONAL_SCOPES.into_iter().filter(|scope| missing(scope)).collect();
    if lacking.is_empty() {
        findings.push(Finding::right("a post of unknown outcome is looked for before it is sent again"));
    } else {
        findings.push(Finding::note(format!(
            "without {} a channel post that Slack did not confirm is sent once more and may stand there twice; direct messages are always looked for",
            lacking.join(" and ")
        )));
    }
    if SCOPES.iter().all(|(scope, _)| !missing(scope)) {
        findings.push(Finding::right("all needed scopes are granted"));
    }
}

async fn app_token(slack: &Slack, findings: &mut Vec<Finding>) {
    findings.push(match slack.open_connection().await {
        Ok(_) => Finding::right("the app token opens connections (Socket Mode)"),
        Err(CallError::Refused(code)) => Finding::wrong(app_token_refused(&code)),
        Err(error) => Finding::wrong(plain(&error)),
    });
}

/// Slack tells nobody whether it is the right one.
fn signing_secret(secret: &SigningSecret) -> Finding {
    if secret.looks_right() {
        Finding::right(
            "the signing secret is set (HTTP mode); whether it is this app's shows when you save the request URLs in the app's settings",
        )
    } else {
        Finding::note(
            "SLACK_SIGNING_SECRET is not 32 digits and letters from a to f, as Slack's are: copy it again from Basic Information → App Credentials in the app's settings",
        )
    }
}

async fn channels(slack: &Slack, db: &Db, workspace: &str, findings: &mut Vec<Finding>) {
    let teams = match read_tx!(db, workspace, 0, tx => store::people::teams(tx).await) {
        Ok(teams) => teams,
        Err(failure) => {
            findings.push(Finding::wrong(failure.to_string()));
            return;
        }
    };
    if teams.iter().all(|team| team.retired) {
        findings.push(Finding::note(
            "no teams yet: write teams.toml (see teams.example.toml) and run `unstuck apply teams.toml`",
        ));
    }
    for team in teams.iter().filter(|team| !team.retired) {
        let (name, channel) = (&team.name, &team.channel);
        findings.push(match slack.channel(channel.as_str()).await {
            Ok(info) if info.is_archived => Finding::wrong(format!("{name}: #{} is archived: name another channel in teams.toml", people::name(&info.name))),
            Ok(info) if !info.is_member => {
                Finding::wrong(format!("{name}: the bot is not in #{}: type /invite @Unstuck there", people::name(&info.name)))
            }
            Ok(info) => Finding::right(format!("{name}: the bot is in #{}", people::name(&info.name))),
            Err(CallError::Refused(code)) if code == "channel_not_found" => {
                Finding::wrong(format!("{name}: {channel} is not a channel that the bot can see: copy the id again, or invite the bot if it is private"))
            }
            Err(error) => Finding::wrong(format!("{name}: {}", plain(&error))),
        });
    }
}
