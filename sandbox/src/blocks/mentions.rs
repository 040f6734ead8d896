//! Whom a message pings: only live references do, in mrkdwn, in rich text, and in the text where no blocks are shown.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Mention {
    User(String),
    /// `here`, `channel` or `everyone`.
    Range(String),
    Group(String),
}

const RANGES: &[&str] = &["here", "channel", "everyone", "group"];

/// In a message with blocks the text only feeds notifications, and yet its mentions ping: Slack parses it all the same.
/// `link_names` looks for bare names such as @here in the text too.
pub fn of_message(text: &str, blocks: &[Value], link_names: bool) -> Vec<Mention> {
    let mut found = of_text(text, link_names);
    for block in blocks {
        collect(block, &mut found);
    }
    let mut once: Vec<Mention> = Vec::new();
    for mention in found {
        if !once.contains(&mention) {
            once.push(mention);
        }
    }
    once
}

fn collect(value: &Value, found: &mut Vec<Mention>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(object) => {
            let string = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            match string("type") {
                // Slack links bare names in block text unless it is said to be verbatim.
                "mrkdwn" => found.extend(of_text(string("text"), object.get("verbatim") != Some(&Value::Bool(true)))),
                "markdown" => found.extend(of_text(string("text"), false)),
                "user" => found.push(Mention::User(string("user_id").to_owned())),
                "broadcast" => found.push(Mention::Range(string("range").to_owned())),
                "usergroup" => found.push(Mention::Group(string("usergroup_id").to_owned())),
                "plain_text" => {}
                _ => object.values().for_each(|inner| collect(inner, found)),
            }
        }
        _ => {}
    }
}

fn of_text(text: &str, bare: bool) -> Vec<Mention> {
    let mut found = Vec::new();
    if bare {
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '@');
        let ranges = words.filter_map(|word| word.strip_prefix('@')).filter(|name| RANGES.contains(name));
        found.extend(ranges.map(|range| Mention::Range(range.to_owned())));
    }
    for piece in text.split('<').skip(1) {
        let Some((inner, _)) = piece.split_once('>') else { continue };
        let target = inner.split('|').next().unwrap_or_default();
        if let Some(user) = target.strip_prefix('@') {
            found.push(Mention::User(user.to_owned()));
        } else if let Some(group) = target.strip_prefix("!subteam^") {
            found.push(Mention::Group(group.to_owned()));
        } else if let Some(range) = target.strip_prefix('!').filter(|range| RANGES.contains(range)) {
            found.push(Mention::Range(range.to_owned()));
        }
    }
    found
}
