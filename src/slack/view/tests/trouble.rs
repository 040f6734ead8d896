//! What managers read when messages cannot go out.

use super::plain::lines;
use crate::rules::keys::Kind;
use crate::rules::message::death;
use crate::rules::shown::{TroubleShown, Whither};
use crate::rules::trouble::Trouble;
use crate::slack::view::trouble::{name, standing, trouble, why};

fn shown(trouble: Trouble) -> TroubleShown {
    TroubleShown {
        trouble,
        over: false,
        team: "Tier 1".to_owned(),
        moved: false,
        person: "Ben <!channel>".to_owned(),
        closed: true,
        asked: vec!["refund tool says 403 <@U0EVIL>".to_owned()],
        priorities: 2,
        messages: Vec::new(),
    }
}

fn all() -> Vec<TroubleShown> {
    let mut unposted = shown(Trouble::Unposted);
    unposted.messages = Kind::ALL.map(|kind| (kind, Whither::Person("Ana".to_owned()))).to_vec();
    vec![
        shown(Trouble::Archived("C0SUPPORT".into())),
        shown(Trouble::Left("C0SUPPORT".into())),
        shown(Trouble::Unseen("C0SUPPORT".into())),
        shown(Trouble::Person("U0BEN".into())),
        TroubleShown { closed: false, ..shown(Trouble::Person("U0BEN".into())) },
        unposted,
        shown(Trouble::Token),
    ]
}

#[test]
fn each_says_what_happened_and_what_mends_it() {
    let parts = trouble(&all()[0]);
    assert_eq!(
        parts[0].text,
        "I can't post in <#C0SUPPORT> any more: it was archived.\nUn-archive it, or name another channel for Tier 1 in teams.toml \
         and ask whoever runs me to type unstuck apply teams.toml.\nAfter that, unstuck dead retry --all posts what could not be posted."
    );
    let left = trouble(&all()[1]);
    assert!(left[0].text.contains("Type /invite @Unstuck there."), "{}", left[0].text);
    let unposted = trouble(&all()[5]);
    assert!(
        unposted[0].text.starts_with("I could not post 12 messages. Everything else goes on."),
        "{}",
        unposted[0].text
    );
    assert!(unposted[0].text.contains("and 7 more"), "{}", unposted[0].text);
}

#[test]
fn none_of_them_is_technical_or_pings_anybody() {
    for shown in all() {
        for over in [false, true] {
            let shown = TroubleShown { over, ..shown.clone() };
            let parts = trouble(&shown);
            assert_eq!(parts.len(), 1);
            let said = format!("{}\n{}", parts[0].text, lines(&parts[0].blocks));
            for never in ["_archived", "channel_not", "null", "Error", "poison", "row", "token_"] {
                assert!(!said.contains(never), "{never}: {said}");
            }
            assert!(!parts[0].text.contains("<!") && !parts[0].text.contains("<@"), "{}", parts[0].text);
            assert!(!standing(&shown).contains('\n') && standing(&shown).len() > 20);
        }
    }
}

#[test]
fn every_reason_is_a_line_in_plain_words() {
    for error in [
        "expired",
        "deleted",
        "is_archived",
        "not_in_channel",
        "channel_not_found",
        "user_disabled",
        "token_revoked",
        "poison",
        "poison: its view panicked",
        "invalid_blocks",
        "a later shift has begun",
        "may be a repeat; not_in_channel",
    ] {
        for place in ["C0SUPPORT", "U0ANA"] {
            let said = why(death(error, place), error);
            assert!(said.contains(' ') && !said.contains('\n'), "{error}: {said}");
        }
    }
    for kind in Kind::ALL {
        assert!(name(kind).contains(' '));
    }
}
