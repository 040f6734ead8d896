//! What a typed message says by itself: that nothing is stuck, or that something is.

/// Said as the whole message, these answer question 3 with none.
const NONE: [&str; 31] = [
    "none",
    "no",
    "nope",
    "nah",
    "nothing",
    "nothing stuck",
    "nothing is stuck",
    "nothing's stuck",
    "nothing today",
    "none today",
    "not stuck",
    "i'm not stuck",
    "im not stuck",
    "i am not stuck",
    "no stuck",
    "no stucks",
    "no blocker",
    "no blockers",
    "no thanks",
    "n/a",
    "na",
    "all good",
    "all clear",
    "all fine",
    "nada",
    "nichts",
    "nein",
    "keine",
    "keiner",
    "kein",
    "nix",
];

const THUMBS_UP: [&str; 2] = ["👍", ":+1:"];
const DASHES: [&str; 3] = ["-", "–", "—"];

const I_AM: [&str; 6] = ["i'm", "i’m", "i‘m", "i´m", "im", "i am"];

pub fn is_none(text: &str) -> bool {
    let text = text.trim().to_lowercase().replace(['’', '‘', '´', '`'], "'");
    if DASHES.contains(&text.as_str()) || THUMBS_UP.iter().any(|thumb| is_thumb(&text, thumb)) {
        return true;
    }
    NONE.contains(&without_ending(&text))
}

/// A thumb, perhaps with the tone of its skin.
fn is_thumb(text: &str, thumb: &str) -> bool {
    text.strip_prefix(thumb).is_some_and(|rest| {
        let tone = rest.chars().all(|c| ('\u{1F3FB}'..='\u{1F3FF}').contains(&c));
        tone || rest.starts_with(":skin-tone-")
    })
}

/// Without the punctuation and the emoji that end it ("none :+1:", "nope!").
fn without_ending(text: &str) -> &str {
    let mut text = text;
    loop {
        let shorter = text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ':');
        let shorter = without_emoji(shorter).unwrap_or_else(|| shorter.trim_end_matches(':'));
        if shorter == text {
            return text;
        }
        text = shorter;
    }
}

/// Slack writes an emoji as its name between colons.
fn without_emoji(text: &str) -> Option<&str> {
    let (before, name) = text.strip_suffix(':')?.rsplit_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_+-'".contains(c));
    is_name.then_some(before)
}

/// What follows when a message begins with "stuck" or "I'm stuck" as words; empty when nothing is left to be said.
pub fn stuck_opening(text: &str) -> Option<&str> {
    let text = text.trim();
    let stuck = I_AM.iter().find_map(|opening| word(text, opening)).map_or(text, str::trim_start);
    let rest = past_marks(word(stuck, "stuck")?);
    let rest = ["on", "with"].iter().find_map(|word| past_word(rest, word)).unwrap_or(rest).trim();
    Some(if rest.contains(char::is_alphanumeric) { rest } else { "" })
}

/// The text after a word that it begins with.
fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

fn past_word<'a>(text: &'a str, small: &str) -> Option<&'a str> {
    let rest = word(text, small)?;
    let stands_alone = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || ":,".contains(c));
    stands_alone.then(|| past_marks(rest))
}

/// Within the line only, because a mark that begins the next line makes a list of it.
fn past_marks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\u{a0}', ':', ',', '.', '!', '…', '-', '–', '—'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_the_whole_message() {
        for text in [
            "none",
            "None.",
            " NOPE!! ",
            "nothing stuck",
            "n/a",
            "N/A.",
            "all good 🙂",
            "-",
            "👍",
            "👍🏽",
            ":+1:",
            ":+1::skin-tone-3:",
            "none :+1:",
            "nada",
            "Nichts.",
            "nein",
            "keine",
            "No blockers…",
            "I’m not stuck",
            "no:",
        ] {
            assert!(is_none(text), "{text}");
        }
        for text in [
            "none, but I need the admin password",
            "no admin rights",
            "nothing works",
            "notes",
            "all good macros",
            "",
            "--- x",
            "?",
            ":tada:",
            "::",
            "no: printer",
            "👍 macro",
            "nope stuck",
        ] {
            assert!(!is_none(text), "{text}");
        }
    }

    #[test]
    fn a_stuck_says_so_first() {
        for (text, rest) in [
            ("stuck on the EU refund", "the EU refund"),
            ("Stuck: printer", "printer"),
            ("STUCK, printer", "printer"),
            ("stuck - printer", "printer"),
            ("I'm stuck with the printer", "the printer"),
            ("I’m stuck. Printer", "Printer"),
            ("im stuck on: printer", "printer"),
            ("I am stuck printer", "printer"),
            ("stuck on-call rota is wrong", "on-call rota is wrong"),
            ("stuck:\n- a\n- b", "- a\n- b"),
            ("stuck on\nprinter\nneeds admin", "printer\nneeds admin"),
            ("I'm stuck", ""),
            ("stuck?!", ""),
            ("stuck on", ""),
            ("Stuck: none", "none"),
        ] {
            assert_eq!(stuck_opening(text), Some(rest), "{text}");
        }
        for text in ["unstuck Ben", "stuckness", "I am done", "I'm not stuck", "get stuck tickets", "", "i’", "stuc"]
        {
            assert_eq!(stuck_opening(text), None, "{text}");
        }
    }
}
