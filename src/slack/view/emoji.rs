//! Emoji in typed text. Slack hands them over by name (`:tada:`) and, in rich text, draws only those that are elements.

pub enum Piece<'a> {
    Text(&'a str),
    /// Without its colons.
    Emoji(&'a str),
}

/// The text as it was, in pieces.
pub fn split(mut rest: &str) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(name) = name_at_start(rest) {
            rest = &rest[name.len() + 2..];
            return Some(Piece::Emoji(name));
        }
        let next =
            rest.match_indices(':').map(|(at, _)| at).find(|at| *at > 0 && name_at_start(&rest[*at..]).is_some());
        let (text, after) = rest.split_at(next.unwrap_or(rest.len()));
        rest = after;
        Some(Piece::Text(text))
    })
}

/// `tada` of `:tada: …`. A time like `10:30:00` holds none.
fn name_at_start(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix(':')?.split_once(':')?;
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_+-'".contains(letter);
    let named = name.starts_with(|letter: char| letter.is_ascii_lowercase()) || ["+1", "-1", "100"].contains(&name);
    (named && name.len() <= 100 && name.chars().all(allowed)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Piece, split};

    fn pieces(text: &str) -> Vec<String> {
        let shown = split(text).map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Emoji(name) => format!("<{name}>"),
        });
        shown.collect()
    }

    #[test]
    fn names_are_told_from_colons() {
        assert_eq!(pieces("done :tada::+1: at 10:30:00"), ["done ", "<tada>", "<+1>", " at 10:30:00"]);
        assert_eq!(pieces("::: a:b"), ["::: a:b"]);
        assert_eq!(pieces(":white_check_mark:"), ["<white_check_mark>"]);
        assert!(pieces("").is_empty());
    }
}
