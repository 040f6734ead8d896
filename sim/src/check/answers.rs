//! P3: what was acknowledged is in the digest, or in what belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckIn, Evidence, texts};
use crate::people::Typed;
use crate::plan::TEAM;
use crate::world::{Kept, World, itself};

/// What became of a word that somebody gave.
enum Fate {
    There,
    /// It never will be, for a good reason.
    Excused,
    /// Its digest is not out yet.
    Later,
}

pub async fn survive(world: &mut World, evidence: &Evidence) -> Kept {
    let filed = filed(world).await?;
    let mut kept = kept(world).await?;
    for at in 0..world.people.typed.len() {
        let typed = world.people.typed[at].clone();
        if typed.open != 0 || typed.deleted || typed.checked {
            continue;
        }
        let kept = kept.remove(&(typed.channel.clone(), typed.ts.clone()));
        let found = match one_message(world, evidence, &filed, &typed, kept)? {
            None => continue,
            Some(found) => found,
        };
        world.people.typed[at].checked = true;
        world.figures.answers_checked += found;
    }
    let mut later = Vec::new();
    for mut sent in std::mem::take(&mut world.people.sent) {
        let mut open = Vec::new();
        for word in std::mem::take(&mut sent.words) {
            match judged(world, evidence, &sent.check_in, &word)? {
                Fate::There => world.figures.answers_checked += 1,
                Fate::Excused => {}
                Fate::Later => open.push(word),
            }
        }
        if !open.is_empty() {
            sent.words = open;
            later.push(sent);
        }
    }
    world.people.sent = later;
    Ok(())
}

/// How many of a typed message's words stand where they should; None: not all of that can be said yet.
fn one_message(
    world: &World,
    evidence: &Evidence,
    filed: &BTreeSet<(String, String)>,
    typed: &Typed,
    kept: Option<(String, String, bool)>,
) -> Result<Option<u64>, String> {
    let lost =
        |how: &str| Err(format!("P3 an acknowledged answer survives: what {} typed at {} {how}", typed.user, typed.ts));
    let words = words(&typed.text);
    let Some((check_in, text, deleted)) = kept.filter(|(check_in, ..)| !check_in.is_empty()) else {
        return match is_asked(world, evidence, typed) && !words.is_empty() {
            true => lost("is not kept"),
            false => Ok(Some(0)),
        };
    };
    // An edit after the next shift began is not taken in any more.
    let over = || {
        evidence.check_ins.get(&check_in).is_some_and(|own| {
            let later = |other: &CheckIn| other.person == own.person && other.starts_at > own.starts_at;
            evidence.check_ins.values().any(|other| later(other) && other.starts_at <= typed.heard_at)
        })
    };
    if deleted || words.iter().any(|word| !text.contains(word)) {
        return if over() { Ok(Some(0)) } else { lost("was kept as another text") };
    }
    let is_filed = |word: &&String| filed.iter().any(|(place, text)| *place == typed.ts && text.contains(*word));
    match words.iter().filter(is_filed).count() {
        // Said when nothing was asked: the bot offers to add it.
        0 => return Ok(Some(0)),
        some if some < words.len() => return if over() { Ok(Some(0)) } else { lost("was filed in part") },
        _ => {}
    }
    let mut found = 0;
    for word in &words {
        match judged(world, evidence, &check_in, word)? {
            Fate::There => found += 1,
            Fate::Excused => {}
            Fate::Later => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// Whether this person had been asked, in a shift that still runs, when this was typed.
fn is_asked(world: &World, evidence: &Evidence, typed: &Typed) -> bool {
    let runs = |one: &CheckIn| one.person == typed.user && one.starts_at < typed.at && typed.at < one.ends_at;
    evidence.check_ins.iter().filter(|(_, check_in)| runs(check_in)).any(|(id, _)| {
        let prompt = format!("prompt:{id}");
        world.posts.iter().any(|post| post.key == prompt && post.at < typed.at)
    })
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

fn judged(world: &World, evidence: &Evidence, check_in: &str, word: &str) -> Result<Fate, String> {
    let broken = |what: String| Err(format!("P3 an acknowledged answer survives: {word} {what}"));
    let Some(check_in) = evidence.check_ins.get(check_in) else {
        return broken(format!("belongs to check-in {check_in}, which is not there"));
    };
    let Some((state, _)) = evidence.huddles.get(&check_in.huddle) else {
        return broken("belongs to a huddle that is not there".to_owned());
    };
    let digest = evidence.rows.get(&format!("digest:{}", check_in.huddle));
    match (state.as_str(), check_in.state.as_str(), digest.map(|row| row.state.as_str())) {
        // The next digest says so; why it may be so is judged where the huddle and the row are.
        ("skipped", ..) | (_, "excused", _) | (_, _, Some("dead")) => return Ok(Fate::Excused),
        ("posted", "answered", Some("shown")) => {}
        ("posted", "missed", _) => return broken("was given, and its check-in is missed".to_owned()),
        ("posted", _, None) => return broken("belongs to a digest that is not there".to_owned()),
        _ => return Ok(Fate::Later),
    }
    let digest = format!("digest:{}", check_in.huddle);
    let belongs = |key: &str| key.starts_with(&digest) || key.starts_with("help:") || key.starts_with("quick:");
    let there = world.mirror.live.values().any(|live| belongs(&live.key) && live.shown.contains(word));
    match there {
        true => Ok(Fate::There),
        false => Err(format!(
            "P3 an acknowledged answer survives: {word} of {} on {} is not in {digest}",
            check_in.person, check_in.date
        )),
    }
}
