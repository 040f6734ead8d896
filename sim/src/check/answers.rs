//! P3: what was acknowledged is in the digest, or in what belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Evidence, texts};
use crate::plan::TEAM;
use crate::world::{Kept, World, itself};

pub async fn survive(world: &mut World, evidence: &Evidence) -> Kept {
    let mut found = 0;
    let filed = filed(world).await?;
    let mut kept = kept(world).await?;
    for at in 0..world.people.typed.len() {
        let typed = world.people.typed[at].clone();
        if typed.open != 0 || typed.deleted || typed.checked {
            continue;
        }
        let ts = &typed.ts;
        let asked_before = evidence.check_ins.values().any(|one| one.person == typed.user && one.starts_at < typed.at);
        let words = words(&typed.text);
        let Some((check_in, text, deleted)) = kept.remove(&(typed.channel.clone(), ts.clone())) else {
            if asked_before
                && !words.is_empty()
                && typed.at < world.now() - 60_000
                && is_open(evidence, typed.user, typed.at)
            {
                return Err(format!(
                    "P3 an acknowledged answer survives: what {} typed at {ts} is not kept",
                    typed.user
                ));
            }
            continue;
        };
        if deleted || words.iter().any(|word| !text.contains(word)) {
            // An edit after the next shift began is not taken in any more.
            let over = evidence.check_ins.get(&check_in).is_some_and(|own| {
                evidence.check_ins.values().any(|other| other.person == own.person && other.starts_at > own.starts_at)
            });
            if over {
                continue;
            }
            return Err(format!(
                "P3 an acknowledged answer survives: what {} typed at {ts} was kept as another text",
                typed.user
            ));
        }
        for word in words {
            if filed.iter().any(|(place, text)| place == &typed.ts && text.contains(&word))
                && judged(world, evidence, &check_in, &word)?
            {
                found += 1;
                world.people.typed[at].checked = true;
            }
        }
    }
    let mut later = Vec::new();
    for sent in std::mem::take(&mut world.people.sent) {
        let mut open = false;
        for word in &sent.words {
            match judged(world, evidence, &sent.check_in, word)? {
                true => found += 1,
                false => open = true,
            }
        }
        if open {
            later.push(sent);
        }
    }
    world.people.sent = later;
    world.figures.answers_checked += found;
    Ok(())
}

/// Whether this person had a check-in that takes answers at this instant.
fn is_open(evidence: &Evidence, who: &str, at: i64) -> bool {
    evidence.check_ins.values().any(|one| one.person == who && one.starts_at + 300_000 < at && at < one.ends_at)
}

fn words(text: &str) -> Vec<String> {
    let word =
        |word: &&str| word.len() == 7 && word.starts_with('w') && word[1..].bytes().all(|byte| byte.is_ascii_digit());
    text.split_whitespace().filter(word).map(str::to_owned).collect()
}

/// By channel and ts, what the rows keep of what was typed: of which check-in, the text, and whether it was deleted.
async fn kept(world: &World) -> Result<BTreeMap<(String, String), (String, String, bool)>, String> {
    let Some(first) = world.people.typed.iter().map(|typed| typed.ts.as_str()).min() else {
        return Ok(BTreeMap::new());
    };
    let sql = format!("from said where workspace = '{TEAM}' and ts >= '{first}'");
    let columns = ["channel", "ts", "check_in", "text", "deleted"];
    let mut kept = BTreeMap::new();
    for row in world.database.rows(&columns, sql).await.map_err(itself)? {
        let [channel, ts, check_in, text, deleted] = texts(row)?;
        kept.insert((channel, ts), (check_in, text, deleted == "1"));
    }
    Ok(kept)
}

/// Which typed lines count as priorities or stucks now.
async fn filed(world: &World) -> Result<BTreeSet<(String, String)>, String> {
    let mut filed = BTreeSet::new();
    let own = format!("from priority where workspace = '{TEAM}' and gone = 0 and said_ts <> ''");
    for row in world.database.rows(&["said_ts", "text"], own).await.map_err(itself)? {
        let [ts, text] = texts(row)?;
        filed.insert((ts, text));
    }
    let own = format!("from stuck where workspace = '{TEAM}' and state <> 'withdrawn' and said_ts <> ''");
    for row in world.database.rows(&["said_ts", "what"], own).await.map_err(itself)? {
        let [ts, text] = texts(row)?;
        filed.insert((ts, text));
    }
    Ok(filed)
}

/// True: it stands where it should, or never will for a good reason. False: the digest is not out yet.
fn judged(world: &World, evidence: &Evidence, check_in: &str, word: &str) -> Result<bool, String> {
    let Some(check_in) = evidence.check_ins.get(check_in) else { return Ok(true) };
    let Some((state, _)) = evidence.huddles.get(&check_in.huddle) else { return Ok(true) };
    let digest = evidence.rows.get(&format!("digest:{}", check_in.huddle));
    match (state.as_str(), check_in.state.as_str(), digest.map(|row| row.state.as_str())) {
        ("skipped", ..) | (_, "excused", _) | (_, _, Some("dead")) => return Ok(true),
        ("posted", "answered", Some("shown")) => {}
        ("posted", "missed", _) => {
            return Err(format!("P3 an acknowledged answer survives: {word} was given, and its check-in is missed"));
        }
        _ => return Ok(false),
    }
    let digest = format!("digest:{}", check_in.huddle);
    let belongs = |key: &str| key.starts_with(&digest) || key.starts_with("help:") || key.starts_with("quick:");
    let there = world.mirror.live.values().any(|live| belongs(&live.key) && live.shown.contains(word));
    match there {
        true => Ok(true),
        false => Err(format!(
            "P3 an acknowledged answer survives: {word} of {} on {} is not in {digest}",
            check_in.person, check_in.date
        )),
    }
}
