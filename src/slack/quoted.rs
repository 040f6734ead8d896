//! Words of the other side, as far as we repeat them: in a log, in an error, to an operator.

/// Slack's codes and reasons are far shorter.
const LONGEST: usize = 80;

/// In one line and cut to a short length, whatever was sent.
pub fn quoted(text: &str) -> String {
    let breaks = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut letters = text.chars().map(|letter| if breaks(letter) { ' ' } else { letter });
    let mut words: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_is_quoted_is_short_and_of_one_line() {
        assert_eq!(quoted("is_archived"), "is_archived");
        assert_eq!(quoted("a\r\nb\u{2028}c\u{1b}[31m\0\u{202e}x"), "a  b c [31m  x");
        assert_eq!(quoted(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!(quoted(&"ä".repeat(4_000_000)), format!("{}…", "ä".repeat(80)));
    }
}
