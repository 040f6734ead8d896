//! From what a person types to what Slack keeps and sends.

use serde_json::{Value, json};

use crate::state::State;

/// Emoji are sent by name. These are the ones that people type in a team's talk; others stay as they are.
const EMOJI: &[(&str, char)] = &[
    ("+1", '👍'),
    ("-1", '👎'),
    ("ok_hand", '👌'),
    ("wave", '👋'),
    ("clap", '👏'),
    ("raised_hands", '🙌'),
    ("pray", '🙏'),
    ("muscle", '💪'),
    ("eyes", '👀'),
    ("crossed_fingers", '🤞'),
    ("v", '✌'),
    ("heart", '❤'),
    ("fire", '🔥'),
    ("tada", '🎉'),
    ("rocket", '🚀'),
    ("sparkles", '✨'),
    ("star", '⭐'),
    ("100", '💯'),
    ("white_check_mark", '✅'),
    ("heavy_check_mark", '✔'),
    ("x", '❌'),
    ("warning", '⚠'),
    ("question", '❓'),
    ("exclamation", '❗'),
    ("bulb", '💡'),
    ("bug", '🐛'),
    ("coffee", '☕'),
    ("smile", '😄'),
    ("grinning", '😀'),
    ("grin", '😁'),
    ("slightly_smiling_face", '🙂'),
    ("blush", '😊'),
    ("wink", '😉'),
    ("joy", '😂'),
    ("sweat_smile", '😅'),
    ("thinking_face", '🤔'),
    ("neutral_face", '😐'),
    ("upside_down_face", '🙃'),
    ("cry", '😢'),
    ("sob", '😭'),
    ("confused", '😕'),
    ("rage", '😡'),
    ("sunglasses", '😎'),
    ("face_palm", '🤦'),
    ("shrug", '🤷'),
    ("see_no_evil", '🙈'),
    ("robot_face", '🤖'),
    ("package", '📦'),
    ("calendar", '📆'),
    ("phone", '☎'),
];
/// The first of the five skin tones.
const TONES: u32 = 0x1F3FB;

/// Text as Slack keeps what was typed: escaped, links marked, `<@U…>` and `<#C…>` live where they were picked from the list
/// (which is how they are written here), and the same again as rich text.
pub(crate) fn typed(state: &mut State, text: &str) -> (String, Vec<Value>) {
    let mut kept = String::new();
    let mut parts: Vec<Value> = Vec::new();
    for piece in pieces(state, text) {
        match piece {
            Piece::Text(text) => {
                kept.push_str(&escape(text));
                parts.push(json!({"type": "text", "text": text}));
            }
            Piece::User(id) => {
                kept.push_str(&format!("<@{id}>"));
                parts.push(json!({"type": "user", "user_id": id}));
            }
            Piece::Channel(id) => {
                kept.push_str(&format!("<#{id}|>"));
                parts.push(json!({"type": "channel", "channel_id": id}));
            }
            Piece::Range(range) => {
                kept.push_str(&format!("<!{range}>"));
                parts.push(json!({"type": "broadcast", "range": range}));
            }
            Piece::Emoji(name, unicode, tone) => {
                kept.push_str(&format!(":{name}:"));
                let mut part = json!({"type": "emoji", "name": name, "unicode": format!("{:x}", u32::from(unicode))});
                if let Some(tone) = tone {
                    kept.push_str(&format!(":skin-tone-{tone}:"));
                    part["unicode"] = json!(format!("{:x}-{:x}", u32::from(unicode), TONES + tone - 2));
                    part["skin_tone"] = json!(tone);
                }
                parts.push(part);
            }
            Piece::Link(url) => {
                kept.push_str(&format!("<{}>", escape(url)));
                parts.push(json!({"type": "link", "url": url}));
            }
        }
    }
    let block_id = state.short_id();
    let section = json!({"type": "rich_text_section", "elements": parts});
    (kept, vec![json!({"type": "rich_text", "block_id": block_id, "elements": [section]})])
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

enum Piece<'a> {
    Text(&'a str),
    User(&'a str),
    Channel(&'a str),
    Range(&'a str),
    Link(&'a str),
    /// Its name, its character, its skin tone from 2 to 6.
    Emoji(&'static str, char, Option<u32>),
}

fn pieces<'a>(state: &State, text: &'a str) -> Vec<Piece<'a>> {
    let (mut found, mut begun, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let fresh = at == 0 || text[..at].ends_with(|before: char| !before.is_alphanumeric());
        match special(state, rest).filter(|(piece, _)| fresh || !matches!(piece, Piece::Range(_) | Piece::Link(_))) {
            Some((piece, length)) => {
                if begun < at {
                    found.push(Piece::Text(&text[begun..at]));
                }
                found.push(piece);
                at += length;
                begun = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if begun < text.len() {
        found.push(Piece::Text(&text[begun..]));
    }
    found
}

/// What begins here and is more than text, and how long it is.
fn special<'a>(state: &State, rest: &'a str) -> Option<(Piece<'a>, usize)> {
    if let Some(inner) = rest.strip_prefix("<@").and_then(|inner| inner.split_once('>')).map(|(inner, _)| inner) {
        return state.user(inner).map(|_| (Piece::User(inner), inner.len() + 3));
    }
    if let Some(inner) = rest.strip_prefix("<#").and_then(|inner| inner.split_once('>')).map(|(inner, _)| inner) {
        return state.channel(inner).map(|_| (Piece::Channel(inner), inner.len() + 3));
    }
    for range in ["here", "channel", "everyone"] {
        let whole = rest.strip_prefix('@').and_then(|name| name.strip_prefix(range));
        if whole.is_some_and(|after| !after.starts_with(char::is_alphanumeric)) {
            return Some((Piece::Range(&rest[1..=range.len()]), range.len() + 1));
        }
    }
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"|".contains(letter)).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(['.', ',', ')', '!', '?', ';', ':']);
        return (url.len() > "https://".len()).then_some((Piece::Link(url), url.len()));
    }
    emoji(rest)
}

/// A character that Slack knows by name, with its skin tone or variation selector.
fn emoji<'a>(rest: &'a str) -> Option<(Piece<'a>, usize)> {
    let unicode = rest.chars().next()?;
    let (name, _) = EMOJI.iter().find(|(_, known)| *known == unicode)?;
    let mut length = unicode.len_utf8();
    let next = rest[length..].chars().next();
    let tone = next.map(u32::from).filter(|next| (TONES..TONES + 5).contains(next)).map(|next| next - TONES + 2);
    if let Some(next) = next.filter(|next| tone.is_some() || *next == '\u{fe0f}') {
        length += next.len_utf8();
    }
    Some((Piece::Emoji(name, unicode, tone), length))
}
