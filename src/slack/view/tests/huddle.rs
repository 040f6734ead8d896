//! M5: the digest.

use super::cast::*;
use super::plain::read;
use crate::rules::shown::PersonState;
use crate::slack::view::digest::{digest, quick};
use crate::slack::view::emptied;

#[test]
fn one_screen_tells_the_day() {
    let mut shown = friday();
    shown.people[4].state = PersonState::Answered { late: true };
    shown.people[5].stuck_not_said = true;
    shown.people[1].lines[1].taken = taken("Ana");
    let parts = digest(&shown);
    assert_eq!(
        read(&parts),
        "**Tier 1, Early · Fri 23 May**\n\
         ‹6 of 7 answered›\n\
         **Needs someone**\n\
         🟠 **Ana:** Refund tool says 403 for EU orders. Needs: someone with admin. → help thread (https://acme.slack.com/archives/C0SUPPORT/p1)\n\
         🔵 **Quick, Dee:** which macro for a lost parcel in Norway?\n\
         [Answer] [Needs more]\n\
         **Today**\n\
         **Ana** ✓2 →1  EU refunds · sale macro\n\
         **Ben** ✓3  Chat 9–12 · Ana's stuck: review 20 refunds, due by 14:00\n\
         **Cleo** ✓1 →2  Callback list · help article \"returns\"\n\
         **Dee** ✓2  Phones · Norway parcels\n\
         **Eli** ✓4  E-mail queue under 50 · late\n\
         **Fay** →1  Sale macro test · stuck: not said\n\
         ‹1 yet to answer · Away: Hana›"
    );
    assert_eq!(parts.len(), 1);
    assert!(parts[0].text.starts_with("Tier 1, Early · Fri 23 May\n6 of 7 answered\nNeeds someone\n🟠 Ana: Refund"));
}

#[test]
fn stucks_move_on() {
    let mut shown = friday();
    shown.stucks = vec![resolved_by_ben(norway(), "Lost-INT-2"), taken_by_ben(refund())];
    let said = read(&digest(&shown));
    assert!(said.contains("🟡 **Ana:** Refund tool says 403 for EU orders. Ben has it. → help thread"), "{said}");
    assert!(said.contains("✓ **Dee:** which macro for a lost parcel in Norway? **Ben:** \"Lost-INT-2\"\n"), "{said}");
    shown.stucks = vec![resolved_by_ben(refund(), "role was missing")];
    let said = read(&digest(&shown));
    assert!(
        said.contains("**No longer stuck**\n✓ **Ana:** Refund tool says 403 for EU orders. Resolved by Ben. → help"),
        "{said}"
    );
}

#[test]
fn nobody_has_answered_yet() {
    let mut shown = friday();
    shown.people.iter_mut().for_each(|person| person.state = PersonState::NotYet);
    shown.stucks.clear();
    shown.start_later = 2;
    shown.first = Some(vec!["Jess".to_owned()]);
    assert_eq!(
        read(&digest(&shown)),
        "**Tier 1, Early · Fri 23 May**\n\
         ‹0 of 8 answered›\n\
         ‹Nobody has answered yet. It fills in here as answers come.›\n\
         ‹8 yet to answer · 2 start later›\n\
         ‹First check-in: answers by DM, one post a shift. Managers: Jess.›"
    );
}

#[test]
fn a_long_list_goes_on_in_the_thread_of_a_small_team() {
    let mut shown = friday();
    shown.people[0].lines[0].text = "refund ".repeat(450);
    let parts = digest(&shown);
    assert_eq!(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["", "person:c0:1"]);
    assert!(read(&parts[..1]).contains("refund refund… (all of it below)\n**Ben** ✓3"), "{}", read(&parts[..1]));
    assert!(parts[1].text.starts_with("Ana ✓2 →1\n· refund refund"));
}

#[test]
fn many_people_stand_on_pages_with_fixed_members() {
    let mut shown = friday();
    let name = |place: i64| format!("Agent {:02}", 40 - place);
    shown.people = (0..40)
        .map(|place| person(place, &name(place), 2, 1, &["answer the long e-mail queue", "call back everybody"]))
        .collect();
    shown.people[39].state = PersonState::NotYet;
    let before = digest(&shown);
    assert!(read(&before[..1]).contains("‹39 of 40 answered · 80 done · 40 carried›"), "{}", read(&before[..1]));
    assert!(read(&before[..1]).contains("What each of us does is in the thread."));
    assert_eq!(
        before.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        ["", "people:0", "people:1", "people:2", "people:3"]
    );
    shown.people[39].state = PersonState::Answered { late: true };
    let after = digest(&shown);
    let changed: Vec<&str> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|(part, _)| part.name.as_str())
        .collect();
    assert_eq!(changed, ["", "people:3"]);
    assert_eq!(read(&[emptied("people:3")]), "--- people:3\n‹This stands in the message above now.›");
}

#[test]
fn a_late_quick_one_is_a_reply_shown_in_the_channel() {
    let mut shown = norway();
    assert_eq!(
        read(&quick(&shown)),
        "🔵 **Quick one from Dee:** which macro for a lost parcel in Norway?\n[Answer] [Needs more]"
    );
    shown = resolved_by_ben(shown, "Lost-INT-2");
    assert_eq!(read(&quick(&shown)), "✓ **Dee:** which macro for a lost parcel in Norway?\n**Ben:** \"Lost-INT-2\"");
}
