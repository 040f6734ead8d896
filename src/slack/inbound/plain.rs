//! Slack's notation of a message back to what the person typed.

/// Entities become characters; links, mentions and dates become their words. Never fails: what is no notation of
/// Slack's stays as it is.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&unescaped(&rest[..at]));
        let inside = &rest[at + 1..];
        let token = inside.find(['<', '>']).filter(|end| inside[*end..].starts_with('>'));
        match token.and_then(|end| Some((end, words(&inside[..end])?))) {
            Some((end, words)) => {
                out.push_str(&words);
                rest = &inside[end + 1..];
            }
            None => {
                out.push('<');
                rest = inside;
            }
        }
    }
    out.push_str(&unescaped(rest));
    out
}

/// In one pass, so that `&amp;lt;` is the `&lt;` that was typed.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity =
            [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&')].into_iter().find(|(name, _)| rest.starts_with(name));
        let (length, character) = entity.map_or((1, '&'), |(name, character)| (name.len(), character));
        out.push(character);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The words of what stands between angle brackets.
fn words(token: &str) -> Option<String> {
    let (target, label) = token.split_once('|').unwrap_or((token, ""));
    let (target, label) = (unescaped(target), unescaped(label));
    let named = |sign: char, id: &str| {
        let name = if label.is_empty() { id } else { &label };
        format!("{sign}{}", name.trim_start_matches(sign))
    };
    if let Some(id) = target.strip_prefix('@') {
        return Some(named('@', id));
    }
    if let Some(id) = target.strip_prefix('#') {
        return Some(named('#', id));
    }
    if let Some(special) = target.strip_prefix('!') {
        return Some(match special.split_once('^') {
            Some(("subteam", id)) => named('@', id),
            Some(_) if !label.is_empty() => label,
            _ => named('@', special),
        });
    }
    is_link(&target).then(|| link(&target, &label))
}

fn is_link(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains(char::is_whitespace)
    })
}

/// Slack makes a link of a bare "shop.example" and of an address; the label is then what was typed.
fn link(target: &str, label: &str) -> String {
    let bare = target.strip_prefix("mailto:").or_else(|| target.strip_prefix("tel:")).unwrap_or(target);
    let typed = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    if label.is_empty() || label == bare {
        bare.to_owned()
    } else if label.trim_end_matches('/') == typed.trim_end_matches('/') {
        label.to_owned()
    } else {
        format!("{label} ({bare})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_typed() {
        for (slack, typed) in [
            ("a &lt;b&gt; &amp; c", "a <b> & c"),
            ("&amp;lt; &amp;amp; &nbsp; &", "&lt; &amp; &nbsp; &"),
            ("see <https://x.example/a?b=1&amp;c=2>", "see https://x.example/a?b=1&c=2"),
            ("<https://x.example|https://x.example>", "https://x.example"),
            ("<https://x.example/7|ticket 7>", "ticket 7 (https://x.example/7)"),
            ("<http://shop.example|shop.example> is down", "shop.example is down"),
            ("<http://shop.example/|shop.example>", "shop.example"),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("<tel:+4912|+4912>", "+4912"),
            ("<@U123> or <@U1|ben>", "@U123 or @ben"),
            ("<#C1|support> <#C2> <#C3|>", "#support #C2 #C3"),
            ("<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"),
            ("<!subteam^S1|@tier2> <!subteam^S1>", "@tier2 @S1"),
            ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
            ("5 < 6, <b>, < http://x>, <", "5 < 6, <b>, < http://x>, <"),
            ("<<https://x.example>", "<https://x.example"),
            ("*bold* _so_ :+1:\nnext", "*bold* _so_ :+1:\nnext"),
        ] {
            assert_eq!(plain(slack), typed, "{slack}");
        }
    }

    proptest! {
        #[test]
        fn never_fails(text in "([<>|@#!^&;:é]|amp|lt|http|subteam|date|.){0,24}") {
            plain(&text);
        }

        #[test]
        fn what_is_escaped_comes_back(text in any::<String>()) {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            prop_assert_eq!(plain(&escaped), text);
        }
    }
}
