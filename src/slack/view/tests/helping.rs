//! M6 to M9: the help thread, what its people are told, and private lines.

use super::cast::*;
use super::plain::{lines, read};
use crate::rules::id::{JournalId, UserId};
use crate::rules::shown::{LogShown, StuckShown, TellShown, Told};
use crate::rules::stuck::{Refusal, State, What};
use crate::slack::view::refusal::{self, refusal};
use crate::slack::view::stuck::{first_reply, help, log, modal_answer, modal_escalate, modal_resolve, told};

#[test]
fn the_parent_is_the_truth() {
    assert_eq!(
        read(&help(&refund())),
        "🟠 **Ana is stuck** · open since 06:30\n\
         Refund tool says 403 for EU orders.\n\
         **Needs:** someone with admin\n\
         [I'll take this] [Resolve] [Escalate]"
    );
    let mut escalated = taken_by_ben(refund());
    assert_eq!(
        read(&help(&escalated)),
        "🟡 **Ben has this** · since 06:34, due by 14:00\n\
         **Ana:** Refund tool says 403 for EU orders.\n\
         **Needs:** someone with admin\n\
         [Resolve] [Hand back] [Escalate]"
    );
    escalated.escalated_to = vec!["Jess".to_owned()];
    escalated.stuck.edited = true;
    assert!(
        read(&help(&escalated)).starts_with("🟡 **Ben has this** · since 06:34, due by 14:00 · Jess asked (edited)\n")
    );
    assert_eq!(
        read(&help(&resolved_by_ben(refund(), "role \"EU-refund\" was missing, added it."))),
        "✅ **Resolved** by Ben at 07:10\n\
         **Ana:** Refund tool says 403 for EU orders.\n\
         **Needed:** someone with admin\n\
         **What unstuck it:** role \"EU-refund\" was missing, added it.\n\
         [Re-open]"
    );
    let mut gone = refund();
    gone.stuck.state = State::Withdrawn { at: at("07:10") };
    assert!(read(&help(&gone)).starts_with("⚪ **Withdrawn** by Ana at 07:10\n**Ana:** Refund"));
}

#[test]
fn a_long_stuck_goes_on_below_from_where_it_was_cut() {
    let mut shown = refund();
    shown.stuck.what = "one\n".repeat(700);
    shown.stuck.help = "two ".repeat(700);
    let parts = help(&shown);
    assert_eq!(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["", "more:1"]);
    let main = read(&parts[..1]);
    assert!(
        main.contains("…\n**Needs:** two two") && main.contains("‹It goes on in the replies below.›\n[I'll take this]")
    );
    assert!(parts[1].text.starts_with("…one\n") && parts[1].text.contains("\nNeeds: …two two"), "{}", parts[1].text);
    let all: String = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!((all.matches("one").count(), all.matches("two").count()), (700, 700));
}

fn logged(shown: StuckShown, what: What, actor: &str, detail: &str, mentions: &[&str]) -> String {
    let actor_id = UserId(format!("U0{}", actor.to_uppercase()));
    let mentions = mentions.iter().map(|user| UserId::from(*user)).collect();
    let parts = log(&LogShown {
        stuck: shown,
        what,
        at: at("07:10"),
        actor: actor_id,
        actor_name: actor.to_owned(),
        detail: detail.to_owned(),
        mentions,
        other_name: Some("Ben".to_owned()),
    });
    assert!(!parts[0].text.is_empty());
    read(&parts)
}

#[test]
fn the_log_stands_in_the_thread() {
    assert_eq!(read(&first_reply(&refund())), "@U0ANA, answers come here.");
    assert_eq!(first_reply(&refund())[0].text, "<@U0ANA>, answers come here.");
    assert_eq!(logged(refund(), What::Taken, "Ben", "", &["U0BEN"]), "07:10 @U0BEN took this.");
    assert_eq!(
        logged(refund(), What::Resolved, "Ben", "added the role", &[]),
        "07:10 Ben resolved this: added the role"
    );
    assert_eq!(
        logged(refund(), What::HandedBack, "Ben", "no EU admin rights", &[]),
        "07:10 Ben handed this back: \"no EU admin rights\". It's open again."
    );
    assert_eq!(
        logged(refund(), What::Escalated, "Ana", "40 customers waiting since 6.", &["U0JESS"]),
        "@U0JESS, Ana asks for you: \"40 customers waiting since 6.\""
    );
    assert_eq!(logged(refund(), What::Reopened, "Ana", "", &["U0BEN"]), "07:10 @U0BEN, Ana opened this again.");
    assert_eq!(
        logged(taken_by_ben(refund()), What::LineGone, "Ana", "", &[]),
        "07:10 Ana took this off the list. It stays with Ben."
    );
}

fn tell(shown: StuckShown, what: What, actor: &str, detail: &str, role: Told) -> TellShown {
    TellShown {
        journal: JournalId::from("j"),
        stuck: shown,
        what,
        actor: UserId(format!("U0{}", actor.to_uppercase())),
        actor_name: actor.to_owned(),
        detail: detail.to_owned(),
        to: UserId::from("U0X"),
        role,
        still_so: true,
        handed_back_by: None,
        confirmed: false,
        at_length: true,
        zone: ZONE.to_owned(),
        off_shift: false,
        team: "Tier 1".to_owned(),
    }
}

#[test]
fn the_taker_is_told_what_taking_means() {
    let mut shown = tell(taken_by_ben(refund()), What::Taken, "Ben", "", Told::Taker);
    assert_eq!(
        read(&told(&shown)),
        "Thanks, Ben. You have Ana's stuck: **Refund tool says 403 for EU orders.**\n\
         It's on your priorities, due by 14:00. You find the answer or the person who has it; you need not do it alone. \
         Can't after all? Hand it back, no reason needed.\n\
         [Open thread] [Resolve] [Hand back]"
    );
    shown.at_length = false;
    shown.off_shift = true;
    assert_eq!(
        read(&told(&shown)),
        "You have Ana's stuck: **Refund tool says 403 for EU orders.** You're off shift, so this is yours until 14:00.\n\
         [Open thread] [Resolve] [Hand back]"
    );
    let resolved = tell(resolved_by_ben(refund(), ""), What::Resolved, "Ana", "", Told::Taker);
    assert_eq!(
        read(&told(&resolved)),
        "Ana solved it: **Refund tool says 403 for EU orders.**\nIt's off your list.\n[Open thread]"
    );
    let due = tell(taken_by_ben(refund()), What::DueAsked, "", "", Told::Taker);
    assert_eq!(
        read(&told(&due)),
        "Ana's stuck was due by 14:00: **Refund tool says 403 for EU orders.**\nWhere does it stand?\n\
         [Open thread] [Resolve] [Hand back] [Escalate]"
    );
}

#[test]
fn the_asker_is_told_who_has_it_and_how_it_ended() {
    let mut shown = tell(taken_by_ben(refund()), What::Taken, "Ben", "", Told::Asker);
    assert_eq!(read(&told(&shown)), "Ben has your stuck: **Refund tool says 403 for EU orders.**\n[Open thread]");
    assert!(told(&shown)[0].text.starts_with("Ben has your stuck"));
    shown.still_so = false;
    shown.handed_back_by = Some("Ben".to_owned());
    shown.stuck = refund();
    assert_eq!(
        read(&told(&shown)),
        "Open again: **Refund tool says 403 for EU orders.**\n\
         Ben handed it back. Everybody in the channel sees that it's open.\n[Open thread]"
    );
    let resolved = resolved_by_ben(refund(), "role EU-refund was missing, added it");
    let mut shown = tell(resolved, What::Resolved, "Ben", "role EU-refund was missing, added it", Told::Asker);
    assert_eq!(
        read(&told(&shown)),
        "Ben says this is resolved: **Refund tool says 403 for EU orders.**\n\
         \"role EU-refund was missing, added it\"\nAre you unstuck?\n[Yes, thanks] [Still stuck] [Open thread]"
    );
    shown.still_so = false;
    assert!(!read(&told(&shown)).contains("[Still stuck]"));
    let shown = tell(resolved_by_ben(norway(), "Lost-INT-2"), What::Answered, "Ben", "Lost-INT-2", Told::Asker);
    assert_eq!(
        read(&told(&shown)),
        "Ben on **which macro for a lost parcel in Norway?**: \"Lost-INT-2\"\n[That did it] [Still stuck]"
    );
}

#[test]
fn who_is_unstuck_is_not_asked_again() {
    for (stuck, what) in [
        (resolved_by_ben(refund(), "role EU-refund was missing"), What::Resolved),
        (resolved_by_ben(norway(), "Lost-INT-2"), What::Answered),
    ] {
        let asked = tell(stuck, what, "Ben", "that way", Told::Asker);
        assert!(read(&told(&asked)).contains("[Still stuck]"));
        let text = read(&told(&TellShown { confirmed: true, ..asked }));
        assert!(text.contains("Good. It's kept for the next person"), "{text}");
        assert!(!text.contains("[Still stuck]") && !text.contains("Are you unstuck?"), "{text}");
        assert!(!text.contains("[Yes, thanks]") && !text.contains("[That did it]"), "{text}");
    }
}

#[test]
fn every_combination_says_something() {
    let all = [
        What::Raised,
        What::Opened,
        What::Taken,
        What::Resolved,
        What::Answered,
        What::HandedBack,
        What::Escalated,
        What::Reopened,
        What::Withdrawn,
        What::Changed,
        What::LineGone,
        What::DueAsked,
        What::TakerGone,
    ];
    for what in all {
        assert!(
            logged(refund(), what, "Ben", "why", &["U0ANA"]).contains('.')
                || what == What::Answered
                || what == What::Resolved
                || what == What::Escalated
        );
        for role in [Told::Asker, Told::Taker] {
            for still_so in [true, false] {
                let shown = TellShown { still_so, ..tell(taken_by_ben(refund()), what, "Ben", "why", role) };
                assert!(told(&shown)[0].text.contains("Refund tool says 403"), "{what:?} {role:?}");
            }
        }
    }
}

#[test]
fn modals_ask_one_line() {
    let resolve = modal_resolve(&refund());
    assert_eq!(resolve["title"]["text"], "Resolve");
    assert_eq!(
        lines(&resolve["blocks"]),
        "Ana: Refund tool says 403 for EU orders.\n\
         What unstuck it? ‹One line. It is shown to the next person with the same problem.›\n[]"
    );
    let answer = modal_answer(&norway());
    assert_eq!((&answer["title"]["text"], &answer["submit"]["text"]), (&"Answer Dee".into(), &"Send".into()));
    assert!(lines(&answer["blocks"]).ends_with("Your answer\n[]"));
    assert_eq!(modal_escalate(&refund())["title"]["text"], "Ask a manager");
    let mut long = norway();
    long.asker = "Bartholomew-Maximilian of the Night Shift".to_owned();
    assert!(modal_answer(&long)["title"]["text"].as_str().unwrap().chars().count() <= 24);
}

#[test]
fn refusals_are_one_line() {
    let names = |user: &UserId| match user.as_str() {
        "U0BEN" => "Ben".to_owned(),
        "U0EVIL" => "<!channel>".to_owned(),
        _ => "Cleo".to_owned(),
    };
    let say = |why: Refusal| refusal(&why, &names, ZONE);
    assert_eq!(
        say(Refusal::Has { who: "U0BEN".into(), since: at("06:34") }),
        "Ben has this since 06:34, just before you. You can still help in the thread."
    );
    assert_eq!(say(Refusal::OwnStuck), "It's your own stuck. Solved it? Press Resolve.");
    assert_eq!(
        say(Refusal::OnlyTaker { taker: "U0BEN".into(), verb: "hand back" }),
        "Only Ben or a manager can hand this back."
    );
    assert_eq!(
        say(Refusal::Resolved { by: "U0CLEO".into(), at: at("07:10") }),
        "That's changed since: Cleo resolved it at 07:10."
    );
    assert!(!say(Refusal::OnlyAsker { asker: "U0EVIL".into() }).contains("<!"));
    assert_eq!(
        refusal::superseded("2025-05-22"),
        "That was Thursday's. Your next check-in stands below; answer that one."
    );
    assert_eq!(refusal::at_field::too_long(3000, 3214), "Use 3,000 characters or fewer (you have 3,214).");
}
